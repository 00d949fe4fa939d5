import type { Duration } from "../base/duration.ts";
import { limits } from "../base/limits.ts";
import { Fields, optionError } from "./fields.ts";

/** A named lock that is held, until it is released or lost. */
export interface Lease extends AsyncDisposable {
  readonly name: string;
  /**
   * Rises with every acquisition on the file: hand it to what the lock guards, which then refuses
   * whoever comes with an older one.
   */
  readonly fence: number;
  /**
   * Aborts when the lease is lost, with ERR_ERGATE_LOCK_LOST as its reason: another holds the lock,
   * no renewal was confirmed within the ttl (a store that refuses, a process that stood still), or
   * the runtime stopped. Never by `release`.
   */
  readonly signal: AbortSignal;
  /**
   * Frees the lock; resolves after the commit with whether it was held until then. A second call
   * gives the first one's answer, and one of a lost lease does nothing. Never rejects.
   */
  release(): Promise<boolean>;
}

export interface LockOptions {
  /**
   * How long the lock outlives the last renewal, which comes each third of it. From 100 ms to 24 h,
   * default 5 s.
   */
  ttl?: Duration;
  /** 0: tries once. Default: waits until `signal`. */
  wait?: Duration;
  /** Ends the wait; has no meaning for the lease. */
  signal?: AbortSignal;
}

/** One call that wants a lock, checked. */
export interface LockCallOptions {
  readonly name: string;
  readonly ttlMs: number;
  /** Undefined: without an end. */
  readonly waitMs: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** No control characters, and nothing that a file would hold as another text. */
const nameForm = /^[^\p{Cc}\p{Cs}]+$/u;

/** Throws ERR_ERGATE_OPTION or ERR_ERGATE_DURATION with the path of the bad field. */
export function parseLockCall(name: unknown, options: LockOptions = {}): LockCallOptions {
  if (typeof name !== "string" || name.length > limits.lockNameChars || !nameForm.test(name)) {
    const most = limits.lockNameChars;
    throw optionError("name", `must be a text of 1 to ${most} characters, none for control`);
  }
  const fields = new Fields(options, "options", ["ttl", "wait", "signal"]);
  const ttlMs = fields.durationMs("ttl") ?? limits.lockTtlMs;
  if (ttlMs < limits.lockTtlMsMin || ttlMs > limits.lockTtlMsMax) {
    const range = `from ${limits.lockTtlMsMin} ms to ${limits.lockTtlMsMax} ms`;
    throw optionError(fields.at("ttl"), `must be ${range}`);
  }
  return { name, ttlMs, waitMs: fields.durationMs("wait"), signal: fields.signal("signal") };
}
