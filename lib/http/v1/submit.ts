import { createHash } from "node:crypto";
import { canonicalJson } from "../../base/canonical.ts";
import { ErgateError } from "../../base/error.ts";
import { encodeJson, type Json } from "../../base/json.ts";
import { limits } from "../../base/limits.ts";
import type { ScheduleOptions } from "../../cron/schedule.ts";
import { type JobStats, statsMeta, statsOf } from "../../hook/job-stats.ts";
import type { EnqueueOptions } from "../../job/context.ts";
import type { JobId, JobMeta, Receipt } from "../../job/job.ts";
import type { HttpParts } from "../app.ts";
import type { Submission } from "./shapes.ts";
import { statsById } from "./stats.ts";

/**
 * What a submission comes to: a job, or a schedule where it is Periodic; on disk when this
 * resolves. Throws what an enqueue does with the path in the body, and ERR_ERGATE_DUPLICATE with
 * the id of the job that is there.
 */
export async function submit(parts: HttpParts, job: Submission, own: Own): Promise<JobStats> {
  const make = (hook: HookOption) =>
    job.metadata.kind === "Periodic"
      ? submitPeriodic(parts, job, hook)
      : submitOne(parts, job, hook, own);
  try {
    const url = job.status_hook ?? "";
    if (url === "") return await make({});
    const stats = await make({ hook: url }).catch((error) => unlessHook(error));
    if (stats !== undefined) return { ...stats, hook_status: "activated" };
    return { ...(await make({ hook: false })), hook_status: "error" };
  } catch (error) {
    throw placed(error);
  }
}

/** What is of the request itself: its end, and the trace that it goes on. */
export type Own = Pick<EnqueueOptions, "signal" | "meta">;

/** Of an enqueue, or of a schedule. */
type HookOption = Pick<EnqueueOptions, "hook">;

/** A hook that can't be used fails no submission: nothing was made yet when it is refused. */
function unlessHook(error: unknown): undefined {
  if (error instanceof ErgateError && error.code === "ERR_ERGATE_HOOK_URL") return undefined;
  throw error;
}

async function submitOne(
  { client, clock }: HttpParts,
  job: Submission,
  hook: HookOption,
  own: Own,
): Promise<JobStats> {
  const { name, metadata, parameters } = job;
  const { kind } = metadata;
  const now = clock.now();
  const runAt = kind === "Scheduled" ? now + delayMsOf(metadata) : undefined;
  const isUnique = metadata.unique === true;
  const unique = isUnique ? { [statsMeta.unique]: "true" } : {};
  const meta = { ...own.meta, [statsMeta.kind]: kind, ...unique };
  const receipt = await client.enqueue(name, parameters ?? null, {
    ...{ ...own, meta, ...hook },
    ...(runAt !== undefined && { runAt }),
    ...(isUnique && { unique: { by: "args", until: "done", onConflict: "reject" } as const }),
  });
  if (receipt.disposition === "duplicate") throw duplicate(name, receipt.id);
  if (receipt.disposition === "replaced") return statsById(client, receipt.id, now);
  return newStats(name, meta, receipt, { now, runAt });
}

/** Of a job that was just made: no read, so that a submission costs a commit and no more. */
function newStats(
  name: string,
  meta: JobMeta,
  { id, state }: Receipt,
  { now, runAt = now }: { now: number; runAt: number | undefined },
): JobStats {
  const nothing = { finishedAt: undefined, checkIn: undefined, checkInAt: undefined };
  const times = { createdAt: now, changedAt: now, runAt };
  return statsOf({ id, name, state, meta, parent: undefined, ...times, ...nothing });
}

function delayMsOf({ schedule_delay: delay }: Submission["metadata"]): number {
  const path = "job.metadata.schedule_delay";
  if (!delay) throw bad(path, "must be more than 0 for a job of the kind Scheduled");
  if (delay * 1_000 <= limits.jobserviceDelayMs) return delay * 1_000;
  throw bad(path, `must be at most ${limits.jobserviceDelayMs / 1_000} seconds`);
}

/**
 * The schedule's name says what it enqueues, and when: the same once more, also at the same time in
 * another process, meets it. One that has ended begins anew.
 */
async function submitPeriodic(
  { client, clock }: HttpParts,
  { name, metadata, parameters = null }: Submission,
  { hook }: HookOption,
): Promise<JobStats> {
  const cron = metadata.cron_spec ?? "";
  if (cron === "") throw bad("job.metadata.cron_spec", "is missing");
  const timing = { cron, dialect: "robfig-v1" } as const;
  if (client.schedules.preview(timing, { count: 1 }).length === 0) {
    throw bad("job.metadata.cron_spec", "has no time that comes again");
  }
  const args: Json = JSON.parse(encodeJson(parameters, "args", limits.payloadBytes));
  const id = idOf(name, cron, args);
  const meta = {
    ...{ [statsMeta.kind]: "Scheduled", [statsMeta.upstream]: id, [statsMeta.cron]: cron },
  };
  const spec: ScheduleOptions = {
    ...timing,
    job: name,
    args,
    meta,
    ...(typeof hook === "string" && { hook }),
  };
  if (!(await client.schedules.create(id, spec))) throw duplicate(name, id);
  return statsById(client, id, clock.now());
}

/** As long as the jobservice's own ids. */
function idOf(name: string, cron: string, args: Json): JobId {
  const text = JSON.stringify([name, cron.trim(), canonicalJson(args)]);
  return createHash("sha256").update(text).digest("hex").slice(0, 24);
}

function duplicate(name: string, id: JobId): ErgateError {
  const message = `the same ${JSON.stringify(name)} is there already: ${id}`;
  return new ErgateError("ERR_ERGATE_DUPLICATE", message, { id });
}

function bad(path: string, problem: string): ErgateError {
  return new ErgateError("ERR_ERGATE_OPTION", `body.${path} ${problem}`, { path: `body.${path}` });
}

/** What the fields of our own calls are called in the body. */
const fields: readonly (readonly [RegExp, string])[] = [
  [/^(spec\.)?args\b/, "body.job.parameters"],
  [/^(spec\.)?job$/, "body.job.name"],
  [/^(spec\.)?cron$/, "body.job.metadata.cron_spec"],
];

function placed(error: unknown): unknown {
  if (!(error instanceof ErgateError) || error.path === undefined) return error;
  const { code, message, id } = error;
  const [form, name] = fields.find(([form]) => form.test(error.path ?? "")) ?? [];
  if (form === undefined || name === undefined) return error;
  const path = error.path.replace(form, name);
  return new ErgateError(code, message, {
    ...{ path, cause: error, ...(id === undefined ? {} : { id }) },
  });
}
