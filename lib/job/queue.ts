import type { Duration } from "../base/duration.ts";
import { limits } from "../base/limits.ts";
import { Fields, optionError } from "./fields.ts";

/** What a user sets of a queue. */
export interface QueueOptions {
  /** Its share of the slots against other queues', 1 to 100 000. Default 1. */
  weight?: number;
  /** Runs at once, over all processes that share the file. Default: no limit. */
  concurrency?: number | null;
  /**
   * Starts in a time, over all processes: a token bucket that holds `limit` and is filled evenly in
   * `per`. Default: no limit.
   */
  rate?: { limit: number; per: Duration } | null;
  /**
   * Jobs that may wait in it, for their time or for a slot; a call of enqueue that would exceed it
   * is refused with ERR_ERGATE_QUEUE_FULL, and none of its jobs is enqueued. What a run enqueues
   * with its result, retries and jobs put back are never refused. Default: no bound.
   */
  maxDepth?: number | null;
}

/** The same, checked, as it is stored. */
export interface QueueSettings {
  weight: number;
  concurrency: number | undefined;
  rate: Rate | undefined;
  maxDepth: number | undefined;
}

export interface Rate {
  limit: number;
  perMs: number;
}

/** A queue as code declares it: also whether it is paused. */
export interface DeclaredQueue {
  name: string;
  /** Only what code says; all else stays as it is. */
  settings: Partial<QueueSettings>;
  paused: boolean | undefined;
}

export const defaultQueue: QueueSettings = Object.freeze({
  weight: 1,
  concurrency: undefined,
  rate: undefined,
  maxDepth: undefined,
});

const known = ["weight", "concurrency", "rate", "maxDepth"];

/**
 * The given settings; `null` takes a limit away. Throws ERR_ERGATE_OPTION or ERR_ERGATE_DURATION
 * with the path of the bad field.
 */
export function parseQueueOptions(value: unknown, path: string): Partial<QueueSettings> {
  return settingsOf(new Fields(value, path, known));
}

/** As `parseQueueOptions`, with `paused` beside them: what `createRuntime({ queues })` takes. */
export function parseDeclaredQueue(name: string, value: unknown, path: string): DeclaredQueue {
  const fields = new Fields(value, path, [...known, "paused"]);
  return { name, settings: settingsOf(fields), paused: fields.boolean("paused") };
}

/** Checks the weight of a queue, wherever it is given. */
export function weightOf(fields: Fields): number | undefined {
  return fields.integer("weight", 1, limits.queueWeightMax);
}

/** Checks a concurrency, wherever it is given: a limit of 0 would be a pause in disguise. */
export function concurrencyOf(fields: Fields): number | undefined {
  return fields.integer("concurrency", 1, limits.concurrencyMax);
}

function settingsOf(fields: Fields): Partial<QueueSettings> {
  const settings: Partial<QueueSettings> = {};
  const weight = weightOf(fields);
  if (weight !== undefined) settings.weight = weight;
  if (given(fields, "concurrency"))
    settings.concurrency = orNone(fields, "concurrency", concurrencyOf);
  if (given(fields, "rate")) settings.rate = orNone(fields, "rate", rateOf);
  if (given(fields, "maxDepth")) settings.maxDepth = orNone(fields, "maxDepth", depthOf);
  return settings;
}

function given(fields: Fields, key: string): boolean {
  return fields.raw(key) !== undefined;
}

function orNone<T>(fields: Fields, key: string, read: (fields: Fields) => T): T | undefined {
  return fields.raw(key) === null ? undefined : read(fields);
}

function depthOf(fields: Fields): number | undefined {
  return fields.integer("maxDepth", 1, limits.queueDepthMax);
}

function rateOf(fields: Fields): Rate {
  const rate = new Fields(fields.raw("rate"), fields.at("rate"), ["limit", "per"]);
  const limit = rate.integer("limit", 1, limits.rateMax);
  if (limit === undefined) throw optionError(rate.at("limit"), "is missing");
  const perMs = rate.durationMs("per");
  if (perMs === undefined) throw optionError(rate.at("per"), "is missing");
  if (perMs < 1 || perMs > limits.ratePerMsMax) {
    throw optionError(rate.at("per"), `must be from 1 ms to ${limits.ratePerMsMax} ms`);
  }
  return { limit, perMs: Math.round(perMs) };
}
