import { ErgateError, messageOf } from "../lib/base/error.ts";
import { limits } from "../lib/base/limits.ts";
import type { Actor, Context } from "../lib/kernel/actor.ts";
import type { LogCollector } from "../lib/log/collector.ts";
import type { Forgets } from "../lib/log/forgets.ts";
import type { LogStore } from "../lib/log/store.ts";
import type { LogRetention, LogSinkMessage } from "../lib/protocol/log.ts";
import type { Surroundings } from "./links.ts";

export interface LogSinkParts extends Pick<Surroundings, "logger"> {
  collector: LogCollector;
  store: LogStore;
  forgets: Forgets;
  commitTimeoutMs: number;
  retention: LogRetention;
}

/** Stores gathered lines: a batch's worth at once, fewer when the first is as old as it may get. */
export function logSinkActor(parts: LogSinkParts): Actor<LogSinkMessage> {
  return {
    mailbox: { capacity: limits.logMailbox, overflow: "dropOldest" },
    setup: (ctx) => new LogSink(parts, ctx),
  };
}

class LogSink {
  readonly #parts: LogSinkParts;
  readonly #ctx: Context<LogSinkMessage>;
  #storing = false;
  #retryMs = 0;
  #sweeping = false;
  #forgetting = false;
  #forgetRetryMs = 0;
  #drained: (() => void) | undefined;

  constructor(parts: LogSinkParts, ctx: Context<LogSinkMessage>) {
    this.#parts = parts;
    this.#ctx = ctx;
    this.#look();
    this.#forget();
  }

  receive(message: LogSinkMessage): void {
    switch (message.type) {
      case "lines":
        return this.#look();
      case "commit":
        return this.#commit();
      case "stored":
        this.#storing = false;
        this.#retryMs = 0;
        this.#parts.collector.stored();
        return this.#look();
      case "failed":
        return this.#failed(message.error);
      case "forget":
        return this.#forget();
      case "forgotten":
        return this.#forgotten();
      case "unforgotten":
        return this.#unforgotten(message.error);
      case "sweep":
        return this.#sweep();
      case "swept":
        this.#sweeping = false;
        return message.more ? this.#sweep() : undefined;
      default:
        message satisfies never;
    }
  }

  /** Everything is stored before the end, as far as the store takes it. */
  draining(done: () => void): void {
    this.#drained = done;
    this.#commit();
    this.#checkDrained();
  }

  #look(): void {
    const { collector, commitTimeoutMs } = this.#parts;
    if (this.#storing) return;
    if (collector.due() || this.#drained !== undefined) return this.#commit();
    if (collector.waitingLines > 0) this.#ctx.after("commit", commitTimeoutMs, { type: "commit" });
  }

  #commit(): void {
    if (this.#storing) return;
    const chunks = this.#parts.collector.next();
    if (chunks.length === 0) {
      // A flush of lines that are stored already waits for nobody else.
      this.#parts.collector.stored();
      return this.#checkDrained();
    }
    this.#storing = true;
    this.#ctx.cancel("commit");
    this.#ctx.pipe(
      this.#parts.store.append(chunks),
      (): LogSinkMessage => ({ type: "stored" }),
      (error): LogSinkMessage => ({ type: "failed", error }),
    );
  }

  /** A full disk is waited for; what will never be taken is counted as lost. */
  #failed(error: unknown): void {
    this.#storing = false;
    const first = this.#retryMs === 0;
    if (first)
      this.#parts.logger.error({ err: error }, `log lines can't be stored: ${messageOf(error)}`);
    // One that the store refuses for itself must not take its neighbours with it.
    if (codeOf(error) === "ERR_ERGATE_STORE_ROW" && this.#parts.collector.halve()) {
      return this.#commit();
    }
    const retryable = error instanceof ErgateError && error.retryable;
    if (!retryable || this.#drained !== undefined) {
      this.#parts.collector.lost(error instanceof Error ? error : new Error(messageOf(error)));
      return this.#look();
    }
    this.#retryMs = retryAfterMs(this.#retryMs);
    this.#ctx.after("commit", this.#retryMs, { type: "commit" });
  }

  /** Lines that wait here are stored first: else they would come after their job is forgotten. */
  #forget(): void {
    const { collector, store, forgets } = this.#parts;
    const next = forgets.next();
    if (this.#forgetting || next === undefined) return;
    this.#forgetting = true;
    const forgetting = collector.flush().catch(() => undefined);
    this.#ctx.pipe(
      forgetting.then(() => store.forget(next.ids, next.at)),
      (): LogSinkMessage => ({ type: "forgotten" }),
      (error): LogSinkMessage => ({ type: "unforgotten", error }),
    );
  }

  #forgotten(): void {
    this.#forgetting = false;
    this.#forgetRetryMs = 0;
    this.#parts.forgets.done();
    this.#forget();
    this.#checkDrained();
  }

  /** Tried again as a refused batch is; what will never be done is given up. */
  #unforgotten(error: unknown): void {
    const retryable = error instanceof ErgateError && error.retryable;
    const last = !retryable || this.#drained !== undefined;
    if (this.#forgetRetryMs === 0 || last) {
      const message = `log lines of deleted jobs can't be deleted: ${messageOf(error)}`;
      this.#parts.logger.warn({ err: error }, message);
    }
    if (last) return this.#forgotten();
    this.#forgetting = false;
    this.#forgetRetryMs = retryAfterMs(this.#forgetRetryMs);
    this.#ctx.after("forget", this.#forgetRetryMs, { type: "forget" });
  }

  /** In slices, between which lines are stored; what fails waits for the next sweep. */
  #sweep(): void {
    if (this.#sweeping || this.#drained !== undefined) return;
    this.#sweeping = true;
    const { ageMs, bytes } = this.#parts.retention;
    const bounds = { before: this.#ctx.now() - ageMs, bytesMax: bytes };
    this.#ctx.pipe(
      this.#parts.store.prune(bounds, limits.pruneRows),
      ({ more }): LogSinkMessage => ({ type: "swept", more }),
      (): LogSinkMessage => ({ type: "swept", more: false }),
    );
  }

  #checkDrained(): void {
    const { collector, forgets } = this.#parts;
    if (!this.#storing && collector.waitingLines + forgets.size === 0) this.#drained?.();
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof ErgateError ? error.code : undefined;
}

function retryAfterMs(lastMs: number): number {
  return Math.min(lastMs * 2 || limits.storeRetryMs, limits.storeRetryMsMax);
}
