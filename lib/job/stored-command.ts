import type { Duration } from "../base/duration.ts";
import { encodeJson, type Json } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { BackoffPolicy } from "./backoff-policy.ts";
import { type CommandOptions, commandKeys } from "./command.ts";
import { type JobDefinition, type JobSettings, parseDefinition } from "./definition.ts";
import { Fields, optionError } from "./fields.ts";
import { type StoredDefinition, storedForm } from "./registry.ts";

/**
 * A command as it is stored: all that a job of it takes but what only code can say. A runtime's
 * `defaults` are not for it, since every runtime runs it alike.
 */
export interface StoredCommandOptions
  extends CommandOptions,
    Omit<JobSettings, "timeout" | "onDead" | "backoff" | "weight"> {
  backoff?: BackoffPolicy | Duration;
}

/** A stored command, checked. */
export interface StoredCommand {
  readonly name: string;
  /** JSON text of its options. */
  readonly spec: string;
  readonly definition: JobDefinition;
  /** What others need to enqueue it. */
  readonly stored: StoredDefinition;
}

const known = [
  ...commandKeys,
  ...["queue", "priority", "maxAttempts", "unique", "backoff", "skipDead", "redact"],
  ...["crashLimit", "graceMs", "concurrency"],
];

/** Throws what `defineJob` throws, with the path of the bad field. */
export function parseStoredCommand(name: string, options: unknown, path: string): StoredCommand {
  const fields = new Fields(options, path, known);
  if (fields.raw("command") === undefined && fields.raw("argv") === undefined) {
    throw optionError(fields.at("command"), "is missing: give a command's text, or argv");
  }
  const spec = encodeJson(options, path, limits.payloadBytes);
  const definition = definitionOf(name, JSON.parse(spec), path);
  return { name, spec, definition, stored: storedForm(definition) };
}

/** Throws for what this machine can't run, or what was edited by hand into something else. */
export function readStoredCommand(name: string, spec: string): JobDefinition {
  return definitionOf(name, JSON.parse(spec), `command ${name}`);
}

function definitionOf(name: string, options: Json, path: string): JobDefinition {
  return parseDefinition({ ...(options as object), name }, path);
}
