import { availableParallelism } from "node:os";
import type { ResourceLimits } from "node:worker_threads";
import { type Clock, systemClock } from "../lib/base/clock.ts";
import { type Duration, durationMs } from "../lib/base/duration.ts";
import { limits } from "../lib/base/limits.ts";
import type { Logger, RuntimeOptions, StorageOptions } from "../lib/client/options.ts";
import type { Schedule } from "../lib/cron/schedule.ts";
import { type HooksSettings, parseHooks } from "../lib/hook/options.ts";
import { type HttpSettings, isLoopback, parseHttp } from "../lib/http/settings.ts";
import type { LogLevel } from "../lib/job/context.ts";
import { type JobDefinition, type JobSettings, parseDefinition } from "../lib/job/definition.ts";
import { Fields, optionError } from "../lib/job/fields.ts";
import type { Durability } from "../lib/job/job.ts";
import { checkQueueName } from "../lib/job/name.ts";
import type { DeclaredQueue } from "../lib/job/queue.ts";
import type { FinalState } from "../lib/job/state.ts";
import type { LogRetention } from "../lib/protocol/log.ts";
import type { Retention } from "../lib/protocol/retention.ts";
import { type DeclaredCommand, plansOf, queuesOf } from "./declared-options.ts";
import { consoleLogger } from "./wording.ts";

/** The options of a runtime, checked, with their defaults. */
export interface Settings {
  storage: { file: string; durability: Durability; place: "thread" | "inline" };
  jobs: readonly (JobDefinition | object)[];
  concurrency: number;
  threads: number;
  recycleAfter: number | undefined;
  resourceLimits: ResourceLimits | undefined;
  log: {
    batchSize: number;
    commitTimeoutMs: number;
    level: LogLevel;
    runs: boolean;
    retention: LogRetention;
  };
  context: RuntimeOptions["context"];
  retention: Retention;
  defaults: JobSettings;
  clock: Clock;
  logger: Logger;
  namespace: string;
  queues: readonly DeclaredQueue[];
  /** Undefined: code says nothing of schedules, and changes none. */
  schedules: readonly Schedule[] | undefined;
  /** Of the declared commands, with their names; undefined where code says nothing of commands. */
  commandSchedules: readonly Schedule[] | undefined;
  /** Undefined: nothing listens. */
  http: HttpSettings | undefined;
  hooks: HooksSettings;
  /** Undefined: code says nothing of commands, and changes none. */
  commands: readonly DeclaredCommand[] | undefined;
}

const known = [
  "storage",
  "jobs",
  "concurrency",
  "threads",
  "log",
  "context",
  "retention",
  "defaults",
  "clock",
  "logger",
  "namespace",
  "queues",
  "schedules",
  "http",
  "hooks",
  "commands",
];

/**
 * Throws ERR_ERGATE_OPTION, ERR_ERGATE_DURATION or ERR_ERGATE_QUEUE_NAME with the path of the bad
 * field.
 */
export function parseOptions(options: RuntimeOptions): Settings {
  const fields = new Fields(options, "", known);
  const { jobs = [] } = options;
  if (!Array.isArray(jobs)) throw optionError("jobs", "must be a list of job definitions");
  return {
    storage: storageOf(fields.raw("storage")),
    jobs,
    concurrency:
      fields.integer("concurrency", 1, limits.loopConcurrencyMax) ?? limits.loopConcurrency,
    ...threadsOf(fields.raw("threads")),
    log: logOf(fields.raw("log"), options.logger !== undefined),
    context: fields.function("context", "(runtime) => base"),
    retention: retentionOf(fields.raw("retention")),
    defaults: defaultsOf(fields.raw("defaults")),
    clock: clockOf(options.clock),
    logger: loggerOf(options.logger),
    namespace: checkQueueName(fields.string("namespace") ?? "default", "namespace"),
    queues: queuesOf(fields.raw("queues")),
    ...plansOf(fields.raw("schedules"), fields.raw("commands")),
    ...servingOf(fields),
  };
}

/**
 * A server that others reach must not send its users' words to what they can't reach: one on
 * another address than loopback, one behind a proxy, whose name is listed, and one of others.
 */
function servingOf(fields: Fields): Pick<Settings, "http" | "hooks"> {
  const http = fields.raw("http") === undefined ? undefined : parseHttp(fields.raw("http"));
  const faces = http?.faces.map(({ host }) => host) ?? [];
  const hosts = http === undefined ? [] : [http.host, ...http.hosts, ...faces];
  const isPrivateOpen = http?.listens !== false && hosts.every(isLoopback);
  return { http, hooks: parseHooks(fields.raw("hooks"), isPrivateOpen) };
}

function storageOf(value: unknown): Settings["storage"] {
  const given = typeof value === "string" ? { file: value } : (value as StorageOptions);
  const fields = new Fields(given, "storage", ["file", "durability", "place"]);
  const file = fields.string("file");
  if (file === undefined || file === "") throw optionError("storage", "must name a file");
  if (/^\w+:\/\//.test(file)) throw optionError("storage", "must be a path or :memory:");
  return {
    file,
    durability: fields.oneOf("durability", ["fsync", "wal", "memory"] as const) ?? "fsync",
    place: fields.oneOf("place", ["thread", "inline"] as const) ?? "thread",
  };
}

function threadsOf(value: unknown): Pick<Settings, "threads" | "recycleAfter" | "resourceLimits"> {
  const given = typeof value === "number" ? { count: value } : (value ?? {});
  const fields = new Fields(given, "threads", ["count", "recycleAfter", "resourceLimits"]);
  const resources = fields.raw("resourceLimits");
  if (resources !== undefined && (typeof resources !== "object" || resources === null)) {
    throw optionError(
      "threads.resourceLimits",
      "must be an object as node:worker_threads takes it",
    );
  }
  return {
    threads: fields.integer("count", 1, limits.threadsMax) ?? availableParallelism(),
    recycleAfter: fields.integer("recycleAfter", 1, Number.MAX_SAFE_INTEGER),
    resourceLimits: resources as ResourceLimits | undefined,
  };
}

function logOf(value: unknown, runs: boolean): Settings["log"] {
  const known = ["batchSize", "commitTimeout", "level", "runs", "retention"];
  const fields = new Fields(value ?? {}, "log", known);
  const levels = ["debug", "info", "warn", "error"] as const;
  return {
    batchSize: fields.integer("batchSize", 1, limits.batchRows) ?? limits.logBatchLines,
    commitTimeoutMs: fields.durationMs("commitTimeout") ?? limits.logCommitMs,
    level: fields.oneOf("level", levels) ?? "info",
    runs: fields.boolean("runs") ?? runs,
    retention: logRetentionOf(fields.raw("retention"), fields.at("retention")),
  };
}

function logRetentionOf(value: unknown, path: string): LogRetention {
  const fields = new Fields(value ?? {}, path, ["age", "bytes"]);
  const age = fields.raw("age");
  return {
    ageMs: age === undefined ? limits.logRetentionMs : ageOf(age, fields.at("age")),
    bytes: bytesOf(fields) ?? limits.logFileBytes,
  };
}

const retentionMs: Readonly<Record<FinalState, number>> = {
  completed: limits.retentionCompletedMs,
  stopped: limits.retentionStoppedMs,
  cancelled: limits.retentionCancelledMs,
  dead: limits.retentionDeadMs,
};

function retentionOf(value: unknown): Retention {
  const states = Object.keys(retentionMs) as FinalState[];
  const fields = new Fields(value ?? {}, "retention", [...states, "bytes", "runs"]);
  const ageMs = { ...retentionMs };
  const count = { completed: Infinity, stopped: Infinity, cancelled: Infinity, dead: Infinity };
  for (const state of states) {
    const kept = keptOf(fields.raw(state), fields.at(state));
    ageMs[state] = kept.ageMs ?? ageMs[state];
    count[state] = kept.count ?? count[state];
  }
  const kept = keptOf(fields.raw("runs"), fields.at("runs"));
  const runs = {
    ageMs: kept.ageMs ?? limits.retentionRunsMs,
    count: kept.count ?? limits.retentionRuns,
  };
  return { ageMs, count, bytes: bytesOf(fields) ?? limits.retentionBytes, runs };
}

function bytesOf(fields: Fields): number | undefined {
  return fields.raw("bytes") === Infinity ? Infinity : fields.integer("bytes", 0, 2 ** 50);
}

function keptOf(
  value: unknown,
  path: string,
): { ageMs?: number | undefined; count?: number | undefined } {
  if (value === undefined) return {};
  if (typeof value !== "object") return { ageMs: ageOf(value, path) };
  const fields = new Fields(value, path, ["age", "count"]);
  const age = fields.raw("age");
  return {
    ageMs: age === undefined ? undefined : ageOf(age, fields.at("age")),
    count: fields.integer("count", 0, Number.MAX_SAFE_INTEGER),
  };
}

function ageOf(value: unknown, path: string): number {
  return value === Infinity ? Infinity : durationMs(value as Duration, path);
}

function defaultsOf(value: unknown): JobSettings {
  const settings = [
    ...["priority", "maxAttempts", "unique", "timeout", "backoff", "crashLimit", "graceMs"],
    ...["skipDead", "onDead", "redact", "hook", "concurrency"],
  ];
  new Fields(value ?? {}, "defaults", settings);
  parseDefinition({ ...(value ?? {}), name: "defaults" }, "defaults");
  return (value ?? {}) as JobSettings;
}

function clockOf(value: unknown): Clock {
  if (value === undefined) return systemClock;
  requireMethods(value, "clock", ["now", "monotonic", "after"]);
  return value as Clock;
}

function loggerOf(value: unknown): Logger {
  if (value === undefined) return consoleLogger;
  requireMethods(value, "logger", ["debug", "info", "warn", "error"], ", as pino's loggers do");
  return value as Logger;
}

function requireMethods(value: unknown, path: string, methods: readonly string[], hint = ""): void {
  const has = (name: string) => typeof (value as Record<string, unknown>)[name] === "function";
  if (typeof value === "object" && value !== null && methods.every(has)) return;
  throw optionError(path, `must have the methods ${methods.join(", ")}${hint}`);
}
