import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import type { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import type { Receipt } from "../job/job.ts";
import type { ThreadEnqueue, ThreadEvents } from "./thread.ts";
import { refusal } from "./thread-outbox.ts";
import {
  callsOf,
  type Flat,
  type FromThread,
  type Hello,
  linesOf,
  notesOf,
  type ToThread,
} from "./wire.ts";

interface Link {
  thread: number;
  port: MessagePort;
  gauge: Int32Array;
  received: number;
}

export interface LinkEvents {
  told: Pick<ThreadEvents, "lines" | "notes" | "enqueue">;
  ended(task: number, endings: Flat, recycled: boolean): void;
  bye(): void;
}

/** The host's ends of the threads' own ports: lines, notes and calls in, asks and answers out. */
export class Links {
  readonly #links = new Map<number, Link>();
  /** Threads that ended of late. */
  readonly #gone = new Set<number>();
  /** What is to be done once a thread said hello. */
  readonly #meetings = new Map<number, (() => void)[]>();
  readonly #events: LinkEvents;

  constructor(events: LinkEvents) {
    this.#events = events;
  }

  get size(): number {
    return this.#links.size;
  }

  join(hello: Hello): void {
    const link = { thread: hello.thread, port: hello.port, gauge: hello.gauge, received: 0 };
    this.#links.set(hello.thread, link);
    hello.port.on("message", (message: FromThread) => this.#receive(link, message));
    hello.port.on("close", () => this.#part(hello.thread));
    hello.port.unref();
    const meetings = this.#meetings.get(hello.thread) ?? [];
    this.#meetings.delete(hello.thread);
    for (const action of meetings) action();
  }

  /**
   * Acts once the thread has said hello, which is mostly at once: its hello and its first result
   * come by two ports, and a busy host may see the result first.
   */
  meet(thread: number, action: () => void): void {
    if (thread === 0 || this.#links.has(thread) || this.#gone.has(thread)) {
      action();
      return;
    }
    const meetings = this.#meetings.get(thread) ?? [];
    this.#meetings.set(thread, [...meetings, action]);
  }

  post(thread: number, message: ToThread): void {
    this.meet(thread, () => this.#links.get(thread)?.port.postMessage(message));
  }

  postAll(message: ToThread): void {
    for (const link of this.#links.values()) link.port.postMessage(message);
  }

  /**
   * Reads what a thread posted before something that came by another port: a post is in the queue
   * of the receiving port when the call returns. `posted` undefined: all there is.
   */
  drain(thread: number, posted: number | undefined): void {
    const link = this.#links.get(thread);
    while (link !== undefined && (posted === undefined || link.received < posted)) {
      const next = receiveMessageOnPort(link.port);
      if (next === undefined) return;
      this.#receive(link, next.message as FromThread);
    }
  }

  #part(thread: number): void {
    this.#links.delete(thread);
    this.#gone.add(thread);
    for (const oldest of this.#gone) {
      if (this.#gone.size <= limits.threadsMax) break;
      this.#gone.delete(oldest);
    }
  }

  #receive(link: Link, message: FromThread): void {
    link.received++;
    switch (message.type) {
      case "lines":
        this.#lines(link, message);
        break;
      case "notes":
        this.#events.told.notes(notesOf(message.notes));
        break;
      case "enqueue":
        this.#events.told.enqueue(this.#calls(link, message));
        break;
      case "ended":
        this.#events.ended(message.task, message.endings, message.recycled);
        break;
      case "bye":
        this.#events.bye();
        break;
      default:
        message satisfies never;
    }
  }

  #lines(link: Link, message: Extract<FromThread, { type: "lines" }>): void {
    let open = true;
    this.#events.told.lines(linesOf(message.lines), () => {
      if (!open) return;
      open = false;
      Atomics.sub(link.gauge, 0, message.bytes);
      Atomics.notify(link.gauge, 0);
      this.post(link.thread, { type: "taken", seq: message.seq });
    });
  }

  #calls(link: Link, message: Extract<FromThread, { type: "enqueue" }>): ThreadEnqueue[] {
    return callsOf(message.calls).map(({ call, key, fence, name, args }, at) => ({
      key,
      fence,
      name,
      args,
      options: message.options[at] ?? {},
      reply: (receipt: Receipt) => this.post(link.thread, { type: "receipt", call, receipt }),
      refuse: (error: ErgateError) => this.post(link.thread, refusal(call, error)),
    }));
  }
}
