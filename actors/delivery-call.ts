import { ErgateError } from "../lib/base/error.ts";
import { deliver } from "../lib/bus/deliver.ts";
import type { Follow } from "../lib/bus/follow.ts";
import type { Context } from "../lib/kernel/actor.ts";
import type { CourierMessage, MessageRow, RunOutcome } from "../lib/protocol/bus.ts";

/** The one call of a callback that a courier waits for, until it ends or has taken too long. */
export class DeliveryCall {
  readonly #follow: Follow;
  readonly #ctx: Context<CourierMessage>;
  /** Numbers the calls: one that was given up is heard of too late. */
  #run = 0;
  #abort: AbortController | undefined;

  constructor(follow: Follow, ctx: Context<CourierMessage>) {
    this.#follow = follow;
    this.#ctx = ctx;
  }

  get isUnderWay(): boolean {
    return this.#abort !== undefined;
  }

  begin(row: MessageRow, attempt: number): void {
    const run = ++this.#run;
    this.#abort = new AbortController();
    const running = deliver(this.#follow, row, attempt, this.#abort.signal);
    this.#follow.running = running;
    this.#ctx.after("overdue", this.#follow.timeoutMs, { type: "overdue", run });
    const ran = (outcome: RunOutcome): CourierMessage => ({ type: "ran", run, outcome });
    this.#ctx.pipe(running, ran, (error) =>
      ran({ type: "threw", error: String(error), attempted: true }),
    );
  }

  /** Whether that is the one which was waited for: now it is over. */
  end(run: number): boolean {
    if (run !== this.#run || this.#abort === undefined) return false;
    this.giveUp();
    return true;
  }

  /** Nobody waits for it any more. */
  giveUp(): void {
    this.#abort = undefined;
    this.#follow.running = undefined;
    this.#ctx.cancel("overdue");
  }

  /** Asks it to end. */
  interrupt(code: "ERR_ERGATE_STOPPED" | "ERR_ERGATE_LOCK_LOST", text: string): void {
    this.#abort?.abort(new ErgateError(code, text));
  }

  /** It has taken too long: it is asked to end, and has failed. */
  overdue(run: number): RunOutcome | undefined {
    if (run !== this.#run || this.#abort === undefined) return undefined;
    const error = `the callback took longer than ${this.#follow.timeoutMs} ms`;
    this.#abort.abort(new ErgateError("ERR_ERGATE_RUN_TIMEOUT", error));
    return { type: "threw", error, attempted: true };
  }
}
