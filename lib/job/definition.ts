import type { Duration } from "../base/duration.ts";
import { limits } from "../base/limits.ts";
import { type Backoff, type BackoffPolicy, type BackoffRule, backoffOf } from "./backoff-policy.ts";
import { type CommandOptions, type CommandSpec, commandKeys } from "./command.ts";
import { commandEndMs, commandOf } from "./command-kind.ts";
import type { JobContext } from "./context.ts";
import type { OnDead } from "./dead.ts";
import { Fields, optionError } from "./fields.ts";
import { type HookOptions, hookOfDefinition } from "./hook.ts";
import { checkJobName, checkQueueName } from "./name.ts";
import { concurrencyOf, weightOf } from "./queue.ts";
import { redactOf } from "./redact.ts";
import { isSchema, type SchemaInput, type SchemaOutput, type StandardSchema } from "./schema.ts";
import { parseUnique, type UniqueOptions, type UniqueRule } from "./unique.ts";

/** Options of a job that hold for all its runs; each enqueue may override the first five. */
export interface JobSettings {
  /** Default: the queue named after the job. */
  queue?: string;
  /** Higher first within a queue. Default 0. */
  priority?: number;
  /** Default 4; of a command 1. */
  maxAttempts?: number;
  /** One job a key at a time; `true`: by its arguments, until it is done. Default: any number. */
  unique?: boolean | UniqueOptions;
  /** Of one run, from its handler's entry. Default: none. */
  timeout?: Duration;
  /**
   * Waits between attempts, at most 7 days. Default: `attempt⁴ + 15 + random · 30 · (attempt + 1)`
   * seconds.
   */
  backoff?: Backoff | BackoffPolicy | Duration;
  /**
   * A job whose last attempt failed, or that discards itself, is not kept among the dead: its row
   * goes in the commit of its death, which events, stats and `onDead` still tell. Default false.
   */
  skipDead?: boolean;
  /**
   * Called in the process whose run ended its job as dead, after the commit. What it throws is
   * logged and changes nothing.
   */
  onDead?: OnDead;
  /**
   * Paths in the arguments, such as "password" or "card.number", that are hidden where other
   * people's jobs are shown. Default: none.
   */
  redact?: readonly string[];
  /** Whom its jobs tell of their moves, unless an enqueue says otherwise. Default: nobody. */
  hook?: string | HookOptions;
  /**
   * Crashes of the process in 72 h after which the job is dead. Default 3; Infinity: never, and
   * never alone.
   */
  crashLimit?: number;
  /** From an aborted `ctx.signal` to the end of its thread, or of its program. Default 5 s. */
  graceMs?: number;
  /** Runs at once, over all processes that share the file. Default: no limit; of a command 1. */
  concurrency?: number;
  /** Of the queue named after the job, against other queues: 1 to 100 000. Default 1. */
  weight?: number;
}

/** What a user passes to `defineJob`, or exports as a plain object with a `name`. */
export interface JobOptions<Schema extends StandardSchema | undefined, Args, Result>
  extends JobSettings,
    Omit<CommandOptions, "timeout"> {
  /**
   * Any Standard Schema: checked at enqueue, and once more before the run, whose handler gets its
   * output.
   */
  args?: Schema;
  /** Runs in the host's event loop. */
  run?: (args: Args, ctx: JobContext) => Result | Promise<Result>;
  /** Runs in a thread: a module whose default export is `(args, ctx)`. */
  thread?: URL | string;
}

/** A job's definition, checked. Without `run`, `thread` and `command`: for producers only. */
export interface JobDefinition<Input = unknown, Result = unknown> {
  readonly name: string;
  readonly queue: string;
  readonly priority: number;
  readonly maxAttempts: number;
  readonly unique: UniqueRule | undefined;
  readonly timeoutMs: number | undefined;
  readonly backoff: BackoffRule | undefined;
  readonly skipDead: boolean;
  readonly onDead: OnDead | undefined;
  readonly redact: readonly string[];
  /** As JSON text. */
  readonly hook: string | undefined;
  readonly crashLimit: number;
  readonly graceMs: number;
  readonly concurrency: number | undefined;
  readonly weight: number | undefined;
  readonly schema: StandardSchema | undefined;
  readonly run: ((args: unknown, ctx: JobContext) => unknown) | undefined;
  readonly thread: URL | undefined;
  readonly command: CommandSpec | undefined;
  /** Types only: what enqueue takes and what `result` gives. */
  readonly types?: { readonly input: Input; readonly result: Result };
}

const known = [
  "name",
  "args",
  "run",
  "thread",
  "queue",
  "priority",
  "maxAttempts",
  "unique",
  "timeout",
  "backoff",
  "skipDead",
  "onDead",
  "redact",
  "hook",
  "crashLimit",
  "graceMs",
  "concurrency",
  "weight",
  ...commandKeys.filter((key) => key !== "timeout"),
];

/**
 * Defines a job by name. With `run` it runs in the loop, with `thread` in a thread, with `command`
 * or `argv` it is a program, with none of them it is for producers. Throws ERR_ERGATE_JOB_NAME,
 * ERR_ERGATE_QUEUE_NAME, ERR_ERGATE_DURATION or ERR_ERGATE_OPTION with the path of the bad field.
 */
export function defineJob<Schema extends StandardSchema, Result = unknown>(
  name: string,
  options: JobOptions<Schema, SchemaOutput<Schema>, Result> & { args: Schema },
): JobDefinition<SchemaInput<Schema>, Awaited<Result>>;
export function defineJob<Args = unknown, Result = unknown>(
  name: string,
  options?: JobOptions<undefined, Args, Result>,
): JobDefinition<Args, Awaited<Result>>;
export function defineJob(name: string, options: object = {}): JobDefinition {
  return parseDefinition({ ...options, name }, `job ${String(name)}`);
}

/** What a definition was made of, for a runtime's `defaults`. */
const parsed = new WeakMap<object, Record<string, unknown>>();

/** The same definition, where its own options leave room for a runtime's. */
export function withDefaults(
  definition: JobDefinition,
  defaults: JobSettings,
  path: string,
): JobDefinition {
  return parseDefinition({ ...defaults, ...parsed.get(definition) }, path);
}

/** Takes what `defineJob` made as it is, and checks a plain object of the same shape. */
export function parseDefinition(value: unknown, path: string): JobDefinition {
  if (typeof value === "object" && value !== null && parsed.has(value))
    return value as JobDefinition;
  const fields = new Fields(value, path, known);
  const name = checkJobName(fields.raw("name"), fields.at("name"));
  const command = commandOf(fields, value, known);
  const definition: JobDefinition = {
    name,
    queue: checkQueueName(fields.string("queue") ?? name, fields.at("queue")),
    priority: fields.integer("priority", -limits.priorityMax, limits.priorityMax) ?? 0,
    maxAttempts: maxAttemptsOf(fields) ?? (command ? 1 : limits.maxAttempts),
    unique: parseUnique(fields.raw("unique"), fields.at("unique")),
    timeoutMs: positive(fields.durationMs("timeout"), fields.at("timeout")),
    backoff: backoffOf(fields),
    skipDead: fields.boolean("skipDead") ?? false,
    onDead: fields.function("onDead", "(job, error) => …"),
    redact: redactOf(fields),
    hook: hookOfDefinition(fields),
    crashLimit: crashLimitOf(fields),
    graceMs: command ? commandEndMs(command) : graceOf(fields),
    concurrency: concurrencyOf(fields) ?? (command ? 1 : undefined),
    weight: weightOf(fields),
    schema: schemaOf(fields),
    run: fields.function("run", "(args, ctx) => result"),
    thread: threadOf(fields),
    command,
  };
  if (definition.run !== undefined && definition.thread !== undefined) {
    throw optionError(fields.at("thread"), "excludes run: a job runs in the loop or in a thread");
  }
  if (definition.weight !== undefined && definition.queue !== name) {
    const problem = `is the weight of the queue "${name}", but the job is in "${definition.queue}"`;
    throw optionError(fields.at("weight"), problem);
  }
  parsed.set(definition, value as Record<string, unknown>);
  return Object.freeze(definition);
}

function positive(ms: number | undefined, path: string): number | undefined {
  if (ms === 0) throw optionError(path, "must be longer than 0");
  return ms;
}

function maxAttemptsOf(fields: Fields): number | undefined {
  return fields.integer("maxAttempts", 1, limits.maxAttemptsMax);
}

function graceOf(fields: Fields): number {
  return fields.durationMs("graceMs") ?? limits.jobGraceMs;
}

function crashLimitOf(fields: Fields): number {
  if (fields.raw("crashLimit") === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  return fields.integer("crashLimit", 1, limits.maxAttemptsMax) ?? limits.crashLimit;
}

function schemaOf(fields: Fields): StandardSchema | undefined {
  const value = fields.raw("args");
  if (value === undefined) return undefined;
  if (!isSchema(value)) throw optionError(fields.at("args"), "must be a Standard Schema");
  return value;
}

function threadOf(fields: Fields): URL | undefined {
  const value = fields.raw("thread");
  if (value === undefined) return undefined;
  if (value instanceof URL) return value;
  if (typeof value === "string" && value.startsWith("file:")) return new URL(value);
  throw optionError(fields.at("thread"), 'must be a URL: new URL("./handler.ts", import.meta.url)');
}
