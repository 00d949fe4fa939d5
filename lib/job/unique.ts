import { hash } from "node:crypto";
import { canonicalJson } from "../base/canonical.ts";
import { type Duration, durationMs } from "../base/duration.ts";
import type { Json } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import { Fields, optionError } from "./fields.ts";

/** Which jobs of one name are the same, and what happens to one that is there already. */
export interface UniqueOptions {
  /**
   * Their arguments (default), named fields of these (`"a.b"` looks into `a`; a missing field
   * counts as absent, which is not null), or a key of your own.
   */
  by?: "args" | readonly string[] | { readonly key: string };
  /**
   * How long the key is held: until the job is final (default), until a worker starts it, or for so
   * long from the enqueue, and at least until the job is final. A period outlives the job's end and
   * its retention, but not a delete.
   */
  until?: "done" | "started" | Duration;
  /**
   * What a job meets whose key is held. `keep` (default): a duplicate, which answers with the
   * holder. `replace`: the waiting holder gets its arguments; where the holder runs one follow-up
   * is created, which holds the key from then on. `reject`: ERR_ERGATE_DUPLICATE.
   */
  onConflict?: "keep" | "replace" | "reject";
  /** With `onConflict: "replace"`: whether the holder gets the new time too. Default keep. */
  runAt?: "keep" | "replace";
}

/** A checked `unique`, as definitions have it and the file keeps it. */
export interface UniqueRule {
  readonly by: UniqueBy;
  /** A period in milliseconds. */
  readonly until: "done" | "started" | number;
  readonly onConflict: "keep" | "replace" | "reject";
  readonly moveTime: boolean;
}

type UniqueBy =
  | { readonly type: "args" }
  | { readonly type: "fields"; readonly fields: readonly string[] }
  | { readonly type: "key"; readonly key: string };

/** A job's unique key with what holds for it: what enqueueing hands to the store. */
export interface Unique extends Omit<UniqueRule, "by"> {
  /** Short, and the same for the same job's name and the same arguments, fields or key. */
  readonly key: string;
}

const known = ["by", "until", "onConflict", "runAt"];
const byArgs: UniqueRule = Object.freeze({
  by: Object.freeze({ type: "args" }),
  until: "done",
  onConflict: "keep",
  moveTime: false,
});

/**
 * Checks a `unique` option; `false` is none. Throws ERR_ERGATE_OPTION or ERR_ERGATE_DURATION with
 * the path of the bad field.
 */
export function parseUnique(value: unknown, path: string): UniqueRule | undefined {
  if (value === undefined || value === false) return undefined;
  if (value === true) return byArgs;
  if (typeof value !== "object" || value === null) {
    throw optionError(path, "must be true, false or an object");
  }
  const fields = new Fields(value, path, known);
  const conflicts = ["keep", "replace", "reject"] as const;
  const onConflict = fields.oneOf("onConflict", conflicts) ?? "keep";
  const moveTime = fields.oneOf("runAt", ["keep", "replace"] as const) === "replace";
  if (moveTime && onConflict !== "replace") {
    throw optionError(fields.at("runAt"), 'goes only with onConflict: "replace"');
  }
  return { by: byOf(fields), until: untilOf(fields), onConflict, moveTime };
}

function byOf(fields: Fields): UniqueBy {
  const by = fields.raw("by");
  const path = fields.at("by");
  if (by === undefined || by === "args") return byArgs.by;
  if (Array.isArray(by)) return { type: "fields", fields: fieldsOf(by, path) };
  if (typeof by !== "object" || by === null) {
    throw optionError(path, 'must be "args", a list of fields, or { key }');
  }
  const key = new Fields(by, path, ["key"]).raw("key");
  if (typeof key === "string" && key !== "" && key.length <= limits.uniqueKeyChars) {
    return { type: "key", key };
  }
  throw optionError(`${path}.key`, `must be a text of 1 to ${limits.uniqueKeyChars} characters`);
}

function fieldsOf(list: readonly unknown[], path: string): readonly string[] {
  const sound = list.every(
    (field) =>
      typeof field === "string" &&
      field.length <= limits.uniqueFieldChars &&
      field.split(".").every((part) => part !== ""),
  );
  if (!sound) throw optionError(path, 'must be a list of fields such as "to" or "user.id"');
  if (list.length === 0 || list.length > limits.uniqueFields) {
    throw optionError(path, `must name 1 to ${limits.uniqueFields} fields`);
  }
  return [...new Set(list as readonly string[])].sort();
}

function untilOf(fields: Fields): UniqueRule["until"] {
  const until = fields.raw("until");
  if (until === undefined || until === "done" || until === "started") return until ?? "done";
  const path = fields.at("until");
  if (typeof until !== "number" && typeof until !== "string") {
    throw optionError(path, 'must be "done", "started" or a duration');
  }
  const periodMs = durationMs(until, path);
  if (periodMs === 0) throw optionError(path, "must be longer than 0");
  return periodMs;
}

/** The key of a job with these arguments, as JSON text. */
export function uniqueOf(rule: UniqueRule, name: string, args: string): Unique {
  const { until, onConflict, moveTime } = rule;
  const text = textOf(rule.by, args);
  const digest = hash("sha256", `${name}\n${rule.by.type}\n${text}`, "base64url");
  const key = `${placeOf(text)}~${digest.slice(0, digestChars)}`;
  return { key, until, onConflict, moveTime };
}

/** 132 of SHA-256's bits. */
const digestChars = 22;
const placeChars = 24;
const namesAndMarks = /"(?:[^"\\]|\\.)*":|[{}[\]"]/g;

/**
 * Where the key lies among others: its first values. Digests alone lie anywhere, so that each new
 * key wrote a page of its own: 4 KiB to the log, and once more to the file. Ids and dates mostly
 * come one after the other, and then many keys share a page.
 */
function placeOf(text: string): string {
  return text
    .slice(0, 10 * placeChars)
    .replace(namesAndMarks, "")
    .slice(0, placeChars);
}

function textOf(by: UniqueBy, args: string): string {
  switch (by.type) {
    case "args":
      return canonicalJson(JSON.parse(args));
    case "fields": {
      const value: Json = JSON.parse(args);
      return by.fields.map((path) => fieldText(value, path)).join("\n");
    }
    case "key":
      return JSON.stringify(by.key);
    default:
      return by satisfies never;
  }
}

function fieldText(args: Json, path: string): string {
  let value: Json | undefined = args;
  for (const part of path.split(".")) {
    const holds: boolean =
      typeof value === "object" && value !== null && Object.hasOwn(value, part);
    value = holds ? (value as { readonly [key: string]: Json })[part] : undefined;
  }
  return `${JSON.stringify(path)}:${value === undefined ? "" : canonicalJson(value)}`;
}
