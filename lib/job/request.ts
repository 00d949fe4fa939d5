import type { Clock } from "../base/clock.ts";
import type { NewId } from "../base/id.ts";
import { encodeJson } from "../base/json.ts";
import { limits } from "../base/limits.ts";
import type { EnqueueOptions } from "./context.ts";
import { Fields, optionError } from "./fields.ts";
import { hookOfJob } from "./hook.ts";
import type { HookRules } from "./hook-rules.ts";
import type { NewJob } from "./job.ts";
import { metaTextOf } from "./meta.ts";
import { checkQueueName } from "./name.ts";
import type { StoredDefinition } from "./registry.ts";
import type { NewRun } from "./run.ts";
import { parseUnique, uniqueOf } from "./unique.ts";

const known = [
  "id",
  "delay",
  "runAt",
  "priority",
  "queue",
  "maxAttempts",
  "timeout",
  "tags",
  "meta",
  "unique",
  "hook",
  "signal",
  "allowUnknown",
  "with",
];
const none: EnqueueOptions = Object.freeze({});

export interface RequestFacts {
  clock: Clock;
  newId: NewId;
  payloadBytes: number;
  /** Where hooks may go; undefined: what is wrong anywhere is refused. */
  hookRules?: HookRules;
}

/**
 * The job that an enqueue call asks for: the definition's settings, overridden by the call's
 * options, with the arguments as JSON text. Throws ERR_ERGATE_OPTION, ERR_ERGATE_DURATION,
 * ERR_ERGATE_QUEUE_NAME, ERR_ERGATE_HOOK_URL, ERR_ERGATE_PAYLOAD_JSON or ERR_ERGATE_PAYLOAD_SIZE
 * with the field's path.
 */
export function newJob(
  definition: StoredDefinition & { schema?: unknown },
  args: unknown,
  options: EnqueueOptions | undefined,
  facts: RequestFacts,
): NewJob {
  const text = encodeJson(
    args ?? null,
    "args",
    facts.payloadBytes,
    definition.schema !== undefined,
  );
  const job: NewJob = {
    id: "",
    name: definition.name,
    queue: definition.queue,
    args: text,
    priority: definition.priority,
    runAt: undefined,
    maxAttempts: definition.maxAttempts,
    timeoutMs: undefined,
    tags: undefined,
    unique: undefined,
    meta: undefined,
    hook: hookOfJob(options?.hook, definition.hook, facts.hookRules),
    parent: undefined,
    depth: 0,
    withPrevious: false,
    run: undefined,
  };
  if (options !== undefined && options !== none) override(job, options, facts.clock);
  const unique = options?.unique;
  const rule = unique === undefined ? definition.unique : parseUnique(unique, "options.unique");
  if (rule !== undefined) job.unique = uniqueOf(rule, job.name, text);
  if (job.id === "") job.id = facts.newId();
  if (isCommand(definition)) job.run = runOf(job, facts);
  return job;
}

function isCommand(definition: StoredDefinition & { command?: unknown }): boolean {
  return definition.command !== undefined || definition.isCommand === true;
}

/** A command's run is on record, also where no schedule enqueued it. */
function runOf({ runAt }: NewJob, { clock, newId }: RequestFacts): NewRun {
  const planAt = runAt ?? clock.now();
  const times = { planAt, scheduleAt: planAt };
  return { id: newId(), schedule: undefined, trigger: "manual", ...times, isCommand: true };
}

function override(job: NewJob, options: EnqueueOptions, clock: Clock): void {
  const fields = new Fields(options, "options", known);
  fields.signal("signal");
  job.id = idOf(fields);
  job.runAt = runAtOf(fields, clock);
  job.priority =
    fields.integer("priority", -limits.priorityMax, limits.priorityMax) ?? job.priority;
  job.maxAttempts = fields.integer("maxAttempts", 1, limits.maxAttemptsMax) ?? job.maxAttempts;
  job.timeoutMs = fields.durationMs("timeout");
  if (job.timeoutMs === 0) throw optionError("options.timeout", "must be longer than 0");
  job.tags = tagsOf(fields);
  job.meta = metaTextOf(fields);
  if (options.queue !== undefined) job.queue = checkQueueName(options.queue, "options.queue");
}

function idOf(fields: Fields): string {
  const id = fields.string("id");
  if (id === undefined) return "";
  if (id.length === 0 || id.length > limits.idChars) {
    throw optionError(fields.at("id"), `must have 1 to ${limits.idChars} characters`);
  }
  return id;
}

function runAtOf(fields: Fields, clock: Clock): number | undefined {
  const delayMs = fields.durationMs("delay");
  const runAt = fields.raw("runAt");
  if (runAt === undefined) return delayMs === undefined ? undefined : clock.now() + delayMs;
  if (delayMs !== undefined) throw optionError(fields.at("delay"), "excludes runAt");
  const at = runAt instanceof Date ? runAt.getTime() : runAt;
  if (typeof at !== "number" || !Number.isFinite(at) || at < 0 || at > 8.64e15) {
    throw optionError(fields.at("runAt"), "must be a Date or milliseconds since the epoch");
  }
  return Math.round(at);
}

function tagsOf(fields: Fields): readonly string[] | undefined {
  const tags = fields.raw("tags");
  if (tags === undefined) return undefined;
  const sound =
    Array.isArray(tags) &&
    tags.length <= limits.tags &&
    tags.every((tag) => typeof tag === "string" && tag !== "" && tag.length <= limits.tagChars);
  if (!sound) {
    const problem = `must be at most ${limits.tags} texts of 1 to ${limits.tagChars} characters`;
    throw optionError(fields.at("tags"), problem);
  }
  return tags.length === 0 ? undefined : (tags as string[]);
}
