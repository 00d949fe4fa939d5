import type { Duration } from "../base/duration.ts";
import { limits } from "../base/limits.ts";
import { Fields, optionError } from "../job/fields.ts";
import { secretsOf } from "../job/hook.ts";
import { type HookRules, hookRulesOf } from "../job/hook-rules.ts";

/** How a runtime sends status hooks, and where it may. */
export interface HooksOptions {
  /**
   * Host names, addresses and ranges (`10.0.0.0/8`) that may be told although they are private, or
   * loopback. Default: none; all where the runtime's server listens on loopback alone and lists no
   * other name in `http.hosts`, or where there is no `http`. Link-local, metadata and group
   * addresses are refused all the same.
   */
  allow?: readonly string[];
  /** From the connection to the answer. Default 10 s. */
  timeout?: Duration;
  /** POSTs at once, of this process; a quarter of them to one host. Default 32. */
  concurrency?: number;
  /** Signs what has no keys of its own: as a hook's `secret`. */
  secret?: string | readonly string[];
  /** From an event's first attempt to its last. Default 24 h. */
  maxAge?: Duration;
}

/** The same, checked, with its defaults. */
export interface HooksSettings {
  rules: HookRules;
  timeoutMs: number;
  concurrency: number;
  perHost: number;
  secrets: readonly string[];
  maxAgeMs: number;
}

/** Throws ERR_ERGATE_OPTION or ERR_ERGATE_DURATION with the path of the bad field. */
export function parseHooks(value: unknown, isPrivateOpen: boolean): HooksSettings {
  const known = ["allow", "timeout", "concurrency", "secret", "maxAge"];
  const fields = new Fields(value ?? {}, "hooks", known);
  const concurrency = fields.integer("concurrency", 1, limits.hookConcurrencyMax);
  const atOnce = concurrency ?? limits.hookConcurrency;
  const { hookTimeoutMs, hookTimeoutMsMin, hookTimeoutMsMax, hookMaxAgeMs, hookMaxAgeMsMax } =
    limits;
  return {
    rules: hookRulesOf(fields, isPrivateOpen),
    timeoutMs: within(fields, "timeout", hookTimeoutMsMin, hookTimeoutMsMax) ?? hookTimeoutMs,
    concurrency: atOnce,
    perHost: Math.max(1, Math.floor(atOnce * limits.hookHostShare)),
    secrets: secretsOf(fields) ?? [],
    maxAgeMs: within(fields, "maxAge", 0, hookMaxAgeMsMax) ?? hookMaxAgeMs,
  };
}

function within(fields: Fields, key: string, min: number, max: number): number | undefined {
  const ms = fields.durationMs(key);
  if (ms === undefined || (ms >= min && ms <= max)) return ms;
  throw optionError(fields.at(key), `must be from ${min} to ${max} ms`);
}
