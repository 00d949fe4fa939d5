import type { StoredDefinition } from "../../job/registry.ts";
import * as read from "./read.sql.ts";
import type { Reader } from "./reader.ts";
import { optional, optionalText, textsOf } from "./rows.ts";
import type { Row } from "./session.ts";

export function definitionOf(reader: Reader, name: string): StoredDefinition | undefined {
  const row = reader.sql(read.definition).get(reader.namespace, name) as Row | undefined;
  return row === undefined ? undefined : fromRow(row);
}

export function definitions(reader: Reader): StoredDefinition[] {
  return (reader.sql(read.definitions).all(reader.namespace) as Row[]).map(fromRow);
}

function fromRow(row: Row): StoredDefinition {
  return {
    name: String(row.name),
    queue: String(row.queue),
    priority: Number(row.priority),
    maxAttempts: Number(row.max_attempts),
    timeoutMs: optional(row.timeout_ms),
    crashLimit: optional(row.crash_limit) ?? Number.POSITIVE_INFINITY,
    concurrency: optional(row.concurrency),
    unique: row.unique_rule === null ? undefined : JSON.parse(String(row.unique_rule)),
    isCommand: row.command === 1,
    hook: optionalText(row.hook),
    redact: textsOf(row.redact === null ? undefined : String(row.redact)),
  };
}
