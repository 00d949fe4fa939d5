import { once } from "node:events";
import { connect } from "node:net";
import { systemClock } from "../lib/base/clock.ts";
import type { FollowersMessage, Look } from "./followers.ts";
import { answerQuestions } from "./partner.ts";

/** The process of some followers of server-sent events, on bare sockets. */

const followers: Follower[] = [];

answerQuestions<FollowersMessage>((message) => {
  switch (message.type) {
    case "open":
      return open(message);
    case "look":
      return Promise.resolve(look());
    default:
      return message satisfies never;
  }
});

async function open({ port, path, count }: Extract<FollowersMessage, { type: "open" }>) {
  for (let left = count; left > 0; left--) followers.push(await Follower.to(port, path));
  return {};
}

function look(): Look {
  return {
    slowestMs: Math.max(...followers.map(({ behindMs }) => behindMs)),
    fewest: Math.min(...followers.map(({ events }) => events)),
  };
}

class Follower {
  /** The most that an event came after its `at`. */
  behindMs = 0;
  events = 0;
  #from = Number.POSITIVE_INFINITY;
  #rest = "";

  /** Resolves when the first bytes of the stream's body came. */
  static async to(port: number, path: string): Promise<Follower> {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.setEncoding("latin1");
    const follower = new Follower();
    const begun = new Promise<void>((resolve) => {
      socket.on("data", (text: string) => {
        if (text.includes("retry:")) resolve();
        follower.#take(text);
      });
    });
    await once(socket, "connect");
    socket.write(`GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`);
    await begun;
    // What happened before may be told late by right: it is found in the file.
    follower.#from = systemClock.now();
    return follower;
  }

  #take(text: string): void {
    const now = systemClock.now();
    const blocks = (this.#rest + text).split("\n\n");
    this.#rest = blocks.pop() ?? "";
    for (const block of blocks) {
      const [, at] = /"at":(\d+)/.exec(block) ?? [];
      if (at === undefined || Number(at) < this.#from) continue;
      this.events++;
      this.behindMs = Math.max(this.behindMs, now - Number(at));
    }
  }
}
