import type { Clock, Timer } from "../base/clock.ts";
import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import type { Reply } from "./message.ts";

/** Who took a question, and how many of those it took are open: a crash refuses them. */
export interface Taker {
  taken: number;
}

interface Open {
  readonly seq: number;
  readonly path: string;
  readonly type: string;
  readonly bucket: Bucket;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  taker: Taker | undefined;
}

/** Questions whose deadlines fall into the same 16 ms. */
interface Bucket {
  readonly timer: Timer;
  readonly open: Set<Open>;
}

let systems = 0;

/** The open questions of one system: who waits for which answer, and until when. */
export class Questions {
  readonly node = ++systems;
  readonly #clock: Clock;
  readonly #most: number;
  readonly #open = new Map<number, Open>();
  readonly #buckets = new Map<number, Bucket>();
  #seq = 0;
  /** Set at the end: a later question is refused without a deadline's timer. */
  #ended: (() => Error) | undefined;

  constructor(clock: Clock, most: number = limits.kernelQuestions) {
    this.#clock = clock;
    this.#most = most;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Opens a question of `type` to `path`; `send` says whether it was accepted. */
  ask(
    path: string,
    type: string,
    timeoutMs: number,
    send: (reply: Reply<unknown>) => boolean,
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended());
      if (this.#open.size >= this.#most) return reject(overloaded(path, type));
      const seq = ++this.#seq;
      const bucket = this.#bucket(timeoutMs);
      const open: Open = { seq, path, type, bucket, resolve, reject, taker: undefined };
      this.#open.set(seq, open);
      bucket.open.add(open);
      const reply = { node: this.node, seq };
      // A cell has refused it with its reason before this; another kind of ref only says false.
      if (!send(reply)) this.refuse(reply, overloaded(path, type));
    });
  }

  /** Notes who has the question now; the last who received it is answerable for it. */
  take(reply: Reply<unknown>, taker: Taker): void {
    const open = reply.node === this.node ? this.#open.get(reply.seq) : undefined;
    if (open === undefined || open.taker === taker) return;
    if (open.taker !== undefined) open.taker.taken--;
    open.taker = taker;
    taker.taken++;
  }

  answer(reply: Reply<unknown>, value: unknown): void {
    this.#close(reply)?.resolve(value);
  }

  refuse(reply: Reply<unknown>, error: Error): void {
    this.#close(reply)?.reject(error);
  }

  /** Refuses what one actor took and did not answer. */
  refuseTaken(taker: Taker, error: () => Error): void {
    if (taker.taken === 0) return;
    for (const open of this.#open.values()) {
      if (open.taker === taker) this.refuse({ node: this.node, seq: open.seq }, error());
    }
  }

  /** Refuses all, and leaves no timer. */
  end(error: () => Error): void {
    this.#ended = error;
    for (const seq of this.#open.keys()) this.refuse({ node: this.node, seq }, error());
    for (const bucket of this.#buckets.values()) bucket.timer.cancel();
    this.#buckets.clear();
  }

  #close(reply: Reply<unknown>): Open | undefined {
    const open = reply.node === this.node ? this.#open.get(reply.seq) : undefined;
    if (open === undefined) return undefined;
    this.#open.delete(open.seq);
    open.bucket.open.delete(open);
    if (open.taker !== undefined) open.taker.taken--;
    return open;
  }

  /**
   * An empty bucket keeps its timer: under load the next question of those 16 ms needs it again.
   */
  #bucket(timeoutMs: number): Bucket {
    const now = this.#clock.monotonic();
    const at = Math.ceil((now + timeoutMs) / limits.kernelDeadlineMs);
    const known = this.#buckets.get(at);
    if (known !== undefined) return known;
    const left = at * limits.kernelDeadlineMs - now;
    const bucket = {
      timer: this.#clock.after(left, () => this.#expire(at)),
      open: new Set<Open>(),
    };
    this.#buckets.set(at, bucket);
    return bucket;
  }

  #expire(at: number): void {
    const bucket = this.#buckets.get(at);
    this.#buckets.delete(at);
    for (const open of bucket?.open ?? []) {
      this.refuse({ node: this.node, seq: open.seq }, timedOut(open.path, open.type));
    }
  }
}

function overloaded(path: string, type: string): ErgateError {
  return new ErgateError("ERR_ERGATE_OVERLOADED", `${path} refused "${type}": too much is waiting`);
}

function timedOut(path: string, type: string): ErgateError {
  return new ErgateError("ERR_ERGATE_WAIT_TIMEOUT", `${path} did not answer "${type}" in time`);
}
