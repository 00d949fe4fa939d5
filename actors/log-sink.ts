import { ErgateError, messageOf } from "../lib/base/error.ts";
import { limits } from "../lib/base/limits.ts";
import type { Actor, Context } from "../lib/kernel/actor.ts";
import type { LogCollector } from "../lib/log/collector.ts";
import type { LogStore } from "../lib/log/store.ts";
import type { LogSinkMessage } from "../lib/protocol/log.ts";
import type { Surroundings } from "./links.ts";

export interface LogSinkParts extends Pick<Surroundings, "logger"> {
  collector: LogCollector;
  store: LogStore;
  commitTimeoutMs: number;
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
  #drained: (() => void) | undefined;

  constructor(parts: LogSinkParts, ctx: Context<LogSinkMessage>) {
    this.#parts = parts;
    this.#ctx = ctx;
    this.#look();
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
        return this.#background(this.#forget(message.ids));
      case "sweep":
        return this.#sweep();
      case "forgotten":
        return;
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
    const retryable = error instanceof ErgateError && error.retryable;
    if (!retryable || this.#drained !== undefined) {
      this.#parts.collector.lost(error instanceof Error ? error : new Error(messageOf(error)));
      return this.#look();
    }
    this.#retryMs = Math.min(this.#retryMs * 2 || limits.storeRetryMs, limits.storeRetryMsMax);
    this.#ctx.after("commit", this.#retryMs, { type: "commit" });
  }

  #sweep(): void {
    const before = this.#ctx.now() - limits.logRetentionMs;
    const bounds = { before, bytesMax: limits.logFileBytes };
    this.#background(this.#parts.store.prune(bounds, limits.pruneRows));
  }

  /** Lines of a last run may still wait: they go into the store, and then from it. */
  async #forget(ids: readonly string[]): Promise<void> {
    await this.#parts.collector.flush().catch(() => undefined);
    await this.#parts.store.forget(ids);
  }

  #background(work: Promise<unknown>): void {
    const done = (): LogSinkMessage => ({ type: "forgotten" });
    this.#ctx.pipe(work, done, done);
  }

  #checkDrained(): void {
    if (!this.#storing && this.#parts.collector.waitingLines === 0) this.#drained?.();
  }
}
