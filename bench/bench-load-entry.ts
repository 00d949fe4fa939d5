import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { systemClock } from "../lib/base/clock.ts";
import { percentile } from "./figures.ts";
import type { LoadFigures, LoadMessage, LoadPlan } from "./load.ts";
import { answerQuestions } from "./partner.ts";

/**
 * The client's process of a `Load`: bare sockets and the least parsing that tells where an answer
 * ends. Node's own client takes as long for a request as a server does, and would be measured.
 */

let running = false;
let load: (count: number) => Promise<LoadFigures>;

answerQuestions<LoadMessage>((message) => {
  switch (message.type) {
    case "open":
      return opened(message.plan);
    case "run":
      return load(message.count ?? Number.POSITIVE_INFINITY);
    case "stop":
      running = false;
      return undefined;
    default:
      return message satisfies never;
  }
});

async function opened({ port, connections, requests, status }: LoadPlan): Promise<object> {
  const open = await Promise.all(Array.from({ length: connections }, () => Connection.to(port)));
  let turn = 0;
  load = async (count) => {
    running = true;
    let left = count;
    const samples: number[] = [];
    const started = systemClock.monotonic();
    const drive = async (connection: Connection) => {
      while (running && left-- > 0) {
        const sent = systemClock.monotonic();
        const got = await connection.ask(requests[turn++ % requests.length] ?? "");
        samples.push(systemClock.monotonic() - sent);
        if (!got.startsWith(`HTTP/1.1 ${status} `)) throw new Error(got);
      }
    };
    await Promise.all(open.map(drive));
    const perSecond = (samples.length * 1_000) / (systemClock.monotonic() - started);
    return { perSecond, p50: percentile(samples, 0.5), p99: percentile(samples, 0.99) };
  };
  return {};
}

class Connection {
  readonly #socket: Socket;
  #got = "";
  #answered: ((text: string) => void) | undefined;

  static async to(port: number): Promise<Connection> {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    await once(socket, "connect");
    return new Connection(socket);
  }

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("latin1");
    socket.on("data", (text: string) => {
      this.#got += text;
      if (!isWhole(this.#got)) return;
      const got = this.#got;
      this.#got = "";
      this.#answered?.(got);
    });
    socket.on("close", () => this.#answered?.("the server closed the connection"));
  }

  /** Resolves with the whole answer, a character a byte. */
  ask(request: string): Promise<string> {
    return new Promise((resolve) => {
      this.#answered = resolve;
      this.#socket.write(request, "latin1");
    });
  }
}

function isWhole(text: string): boolean {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const [, length] = /\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end)) ?? [];
  if (length === undefined) return text.endsWith("\r\n0\r\n\r\n");
  return text.length >= end + 4 + Number(length);
}
