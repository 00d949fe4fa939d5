import { ErgateError } from "../base/error.ts";
import {
  type JobDefinition,
  type JobSettings,
  parseDefinition,
  withDefaults,
} from "./definition.ts";
import type { UniqueRule } from "./unique.ts";

/** The definitions of one runtime, by name. */
export interface Registry {
  /**
   * Throws ERR_ERGATE_JOB_NAME for a second definition of one name, else what `parseDefinition`
   * throws.
   */
  add(value: unknown, path: string): JobDefinition;
  /**
   * Takes a command that the file holds, in place of an earlier one of its name. False, and nothing
   * happens: a job of code has the name.
   */
  store(definition: JobDefinition): boolean;
  /** The command of that name is no longer in the file. */
  drop(name: string): void;
  get(name: string): JobDefinition | undefined;
  /** Of those, the names that came from the file. */
  stored(): readonly string[];
  all(): readonly JobDefinition[];
  /** Without those that came from the file. */
  own(): readonly JobDefinition[];
}

/** `defaults` hold for every job that does not say otherwise. */
export function registry(defaults: JobSettings = {}): Registry {
  const byName = new Map<string, JobDefinition>();
  const stored = new Set<string>();
  return {
    add(value, path) {
      const definition = withDefaults(parseDefinition(value, path), defaults, path);
      if (byName.has(definition.name)) {
        const message = `${path}: a job named "${definition.name}" is registered already`;
        throw new ErgateError("ERR_ERGATE_JOB_NAME", message, { path });
      }
      byName.set(definition.name, definition);
      return definition;
    },
    store(definition) {
      const { name } = definition;
      if (byName.has(name) && !stored.has(name)) return false;
      stored.add(name);
      byName.set(name, definition);
      return true;
    },
    drop(name) {
      if (stored.delete(name)) byName.delete(name);
    },
    stored: () => [...stored],
    get: (name) => byName.get(name),
    all: () => [...byName.values()],
    own: () => [...byName.values()].filter(({ name }) => !stored.has(name)),
  };
}

/**
 * What the file keeps of a definition, so that another process can enqueue by name as this one
 * would.
 */
export interface StoredDefinition {
  name: string;
  queue: string;
  priority: number;
  maxAttempts: number;
  timeoutMs: number | undefined;
  /** Infinity is stored as null. */
  crashLimit: number;
  /** Runs at once, over all processes; undefined: no limit. */
  concurrency?: number | undefined;
  unique: UniqueRule | undefined;
  /** It runs a program. */
  isCommand?: boolean;
  /** Paths in its arguments that are hidden where others' jobs are shown. */
  redact?: readonly string[];
  /** The status hook of its jobs, as JSON text. */
  hook?: string | undefined;
}

export function storedForm(definition: JobDefinition): StoredDefinition {
  const { name, queue, priority, maxAttempts, timeoutMs } = definition;
  const { crashLimit, concurrency, unique, redact, hook } = definition;
  return {
    ...{ name, queue, priority, maxAttempts, timeoutMs, crashLimit, concurrency, unique, redact },
    isCommand: definition.command !== undefined,
    hook,
  };
}
