import { limits } from "../base/limits.ts";
import { Fields, optionError } from "./fields.ts";
import { anywhere, checkHookUrl, type HookRules } from "./hook-rules.ts";
import { type JobState, jobStates } from "./state.ts";

/** Whom a job tells of its moves. */
export interface HookOptions {
  /** http or https. */
  url: string;
  /** States that it is told of, and `checkIn`. Default: all. */
  events?: readonly HookEvent[];
  /**
   * Keys that sign what is sent, as Standard Webhooks does: `whsec_` and base64, or any text.
   * Several during a rotation: one signature each. Default: those of the runtime. They stand in
   * the file as they are, beside the job: who may read that may sign.
   */
  secret?: string | readonly string[];
}

/** What a hook tells of: a job came into a state, or a run of it said where it stands. */
export type HookEvent = JobState | "checkIn";

const hookEvents: readonly HookEvent[] = [...jobStates, "checkIn"];

/** As it stands in a job's row, as JSON. */
export interface StoredHook {
  url: string;
  /** With the port: what is slow is slow for a host. */
  host: string;
  /** Undefined: all. */
  events?: readonly HookEvent[];
  secret?: readonly string[];
}

/**
 * A hook as JSON text. Throws ERR_ERGATE_OPTION with the path of the bad field, or
 * ERR_ERGATE_HOOK_URL.
 */
export function hookTextOf(value: unknown, path: string, rules: HookRules): string {
  const given = typeof value === "string" ? { url: value } : value;
  if (typeof given !== "object" || given === null) {
    throw optionError(path, "must be a URL, or { url, events, secret }");
  }
  const fields = new Fields(given, path, ["url", "events", "secret"]);
  const url = fields.string("url");
  if (url === undefined) throw optionError(fields.at("url"), "is missing");
  const { href, host } = checkHookUrl(url, rules, typeof value === "string" ? path : `${path}.url`);
  const events = eventsOf(fields);
  const secret = secretsOf(fields);
  const hook: StoredHook = {
    url: href,
    host,
    ...(events && { events }),
    ...(secret && { secret }),
  };
  return JSON.stringify(hook);
}

/** Refuses what no runtime takes, whatever its rules. */
export function hookOptionsGiven(value: unknown, path: string): void {
  hookTextOf(value, path, anywhere);
}

/** Where it may go is checked when a job gets it: only then it is known who sends it. */
export function hookOfDefinition(fields: Fields): string | undefined {
  const hook = fields.raw("hook");
  return hook === undefined ? undefined : hookTextOf(hook, fields.at("hook"), anywhere);
}

/**
 * The hook of a new job: what the call says, else its definition's; `false`: none. What the
 * definition says is checked against the rules here, where they are known.
 */
export function hookOfJob(
  given: unknown,
  definition: string | undefined,
  rules: HookRules = anywhere,
): string | undefined {
  if (given === false) return undefined;
  if (given !== undefined) return hookTextOf(given, "options.hook", rules);
  if (definition !== undefined) checkHookUrl(storedHook(definition).url, rules, "hook");
  return definition;
}

export function storedHook(text: string): StoredHook {
  return JSON.parse(text) as StoredHook;
}

function eventsOf(fields: Fields): readonly HookEvent[] | undefined {
  const events = fields.raw("events");
  if (events === undefined) return undefined;
  const known = (event: unknown) => hookEvents.includes(event as HookEvent);
  if (Array.isArray(events) && events.length > 0 && events.every(known)) {
    return [...new Set(events as HookEvent[])];
  }
  throw optionError(fields.at("events"), `must be a list of ${hookEvents.join(", ")}`);
}

/** Keys, checked: a `whsec_` one must be base64. */
export function secretsOf(fields: Fields): readonly string[] | undefined {
  const value = fields.raw("secret");
  if (value === undefined) return undefined;
  const secrets: unknown[] = Array.isArray(value) ? value : [value];
  if (secrets.length > 0 && secrets.length <= limits.hookSecrets && secrets.every(isSecret)) {
    return secrets as string[];
  }
  const form = `1 to ${limits.hookSecrets} texts of 1 to ${limits.hookSecretChars} characters`;
  throw optionError(fields.at("secret"), `must be ${form}, base64 behind whsec_`);
}

/** Whole bytes, one at least: others would be dropped, or leave an empty key. */
function isBase64(text: string): boolean {
  const [, digits = "", padding = ""] = /^([A-Za-z0-9+/]+)(={0,2})$/.exec(text) ?? [];
  const rest = digits.length % 4;
  return digits !== "" && rest !== 1 && (padding === "" || rest + padding.length === 4);
}

function isSecret(value: unknown): boolean {
  if (typeof value !== "string" || value === "" || value.length > limits.hookSecretChars)
    return false;
  return !value.startsWith("whsec_") || isBase64(value.slice("whsec_".length));
}
