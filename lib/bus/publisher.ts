import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import { Ring } from "../base/ring.ts";
import type { BusAnswers, NewMessage } from "../protocol/bus.ts";

type Published = BusAnswers["publish"]["published"][number];
/** Commits messages and answers each. */
type Send = (messages: readonly NewMessage[]) => Promise<readonly Published[]>;

/** What must be over before the next write; undefined: nothing. */
type Gate = () => Promise<unknown> | undefined;

interface Call {
  message: NewMessage;
  resolve(published: Published): void;
  reject(error: unknown): void;
}

/**
 * Where calls of `publish` wait: those of one tick travel in one write, in their order, and what
 * comes while writes are under way goes with the next. All of them wait for the gate here, so that
 * no call passes another one.
 */
export class Publisher {
  readonly #send: Send;
  readonly #gate: Gate;
  readonly #waiting = new Ring<Call>(limits.busPublishers);
  #underWay = 0;
  #scheduled = false;

  constructor(send: Send, gate: Gate) {
    this.#send = send;
    this.#gate = gate;
  }

  /** Rejects with ERR_ERGATE_OVERLOADED past the calls that may wait, and as the store does. */
  publish(message: NewMessage): Promise<Published> {
    return new Promise((resolve, reject) => {
      if (!this.#waiting.push({ message, resolve, reject })) {
        const text = `${limits.busPublishers} calls of publish wait already`;
        return reject(new ErgateError("ERR_ERGATE_OVERLOADED", text));
      }
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    const wait = this.#gate();
    if (wait !== undefined) {
      wait.then(
        () => this.#flush(),
        (error) => this.#refuse(error),
      );
      return;
    }
    this.#scheduled = false;
    while (this.#waiting.size > 0 && this.#underWay < limits.busPublishesUnderWay) {
      this.#dispatch(this.#gather());
    }
  }

  #refuse(error: unknown): void {
    this.#scheduled = false;
    for (let call = this.#waiting.shift(); call !== undefined; call = this.#waiting.shift()) {
      call.reject(error);
    }
  }

  #gather(): Call[] {
    const calls: Call[] = [];
    let bytes = 0;
    while (calls.length < limits.busPublishRows && bytes < limits.batchBytes) {
      const call = this.#waiting.shift();
      if (call === undefined) break;
      calls.push(call);
      bytes += call.message.data.length;
    }
    return calls;
  }

  #dispatch(calls: readonly Call[]): void {
    this.#underWay++;
    const over = () => {
      this.#underWay--;
      this.#schedule();
    };
    this.#send(calls.map(({ message }) => message)).then(
      (published) => {
        over();
        calls.forEach(({ resolve }, at) => {
          resolve(published[at] as Published);
        });
      },
      (error) => {
        over();
        for (const { reject } of calls) reject(error);
      },
    );
  }
}
