import { ErgateError } from "../base/error.ts";
import type { Client, JobsClient } from "../client/client.ts";
import type { JobFilter, JobId } from "../job/job.ts";
import type { Call, Command } from "./command.ts";
import { withClient } from "./database.ts";
import { filterOf, filterOptions } from "./filter.ts";
import { noJob } from "./job-show.ts";
import { clientOptions, type OptionSpecs } from "./options.ts";
import { counted } from "./text.ts";

/** What differs between the commands that move jobs. */
interface MoveSpec {
  verb: string;
  done: string;
  summary: string;
  /** Whether a job that it can't move is a failure. */
  strict: boolean;
  options?: OptionSpecs;
  one(jobs: JobsClient, id: JobId, reason: string | undefined): Promise<boolean>;
  all(jobs: JobsClient, filter: JobFilter, options: AllOptions): Promise<number>;
}

interface AllOptions {
  reason: string | undefined;
  /** A job that is left out, as another holds its unique key. */
  onTaken(): void;
}

const reasonOption = {
  reason: { value: "TEXT", help: "kept with the job" },
} as const satisfies OptionSpecs;

export const jobsRetry = moveCommand({
  verb: "retry",
  done: "will run",
  summary: "start dead, cancelled and stopped jobs over; run waiting ones now",
  strict: true,
  one: (jobs, id) => jobs.retry(id),
  all: (jobs, filter, { onTaken }) => jobs.retryAll(filter, onTaken),
});

export const jobsStop = moveCommand({
  verb: "stop",
  done: "stopped or asked to",
  summary: "end jobs; counted as fine, no retry",
  strict: false,
  options: reasonOption,
  one: (jobs, id, reason) => jobs.stop(id, reason),
  all: (jobs, filter, { reason }) => jobs.stopAll(filter, reason),
});

export const jobsCancel = moveCommand({
  verb: "cancel",
  done: "cancelled or asked to",
  summary: "end jobs; listed among the failures, to be retried",
  strict: true,
  options: reasonOption,
  one: (jobs, id, reason) => jobs.cancel(id, reason),
  all: (jobs, filter, { reason }) => jobs.cancelAll(filter, reason),
});

export const jobsRm = moveCommand({
  verb: "rm",
  done: "deleted",
  summary: "delete jobs that are not running, their logs too",
  strict: true,
  one: (jobs, id) => jobs.delete(id),
  all: (jobs, filter) => jobs.deleteAll(filter),
});

function moveCommand(spec: MoveSpec): Command {
  return {
    name: `jobs ${spec.verb}`,
    words: "ID…|--all",
    most: Number.POSITIVE_INFINITY,
    summary: spec.summary,
    options: {
      ...clientOptions,
      all: { help: "every job that fits the options that choose jobs" },
      ...filterOptions,
      ...spec.options,
    },
    run: (call) => {
      checkChoice(call, spec);
      return withClient(call, "existing", (client) =>
        call.args.flag("all") ? moveAll(client, call, spec) : moveEach(client, call, spec),
      );
    },
  };
}

/**
 * IDs or `--all`, not both and not neither; a filter without `--all` would do less than it seems.
 */
function checkChoice({ args }: Call, { verb }: MoveSpec): void {
  const all = args.flag("all");
  if (all && args.words.length > 0) throw args.wrong(`jobs ${verb} takes IDs or --all, not both`);
  if (!all && Object.keys(filterOf(args)).length > 0) {
    throw args.wrong(`jobs ${verb} takes a filter only with --all`);
  }
  if (!all && args.words.length === 0) throw args.wrong(`jobs ${verb} needs an ID or --all`);
}

async function moveAll(client: Client, { args, out }: Call, spec: MoveSpec): Promise<number> {
  let taken = 0;
  const onTaken = () => void taken++;
  const reason = args.text("reason");
  const changed = await spec.all(client.jobs, filterOf(args), { reason, onTaken });
  const skipped = taken === 0 ? "" : `; ${counted(taken, "job")} skipped: their unique key is held`;
  const answer = taken === 0 ? { changed } : { changed, taken };
  out.answer(answer, () => `${counted(changed, "job")} ${spec.done}${skipped}`);
  return 0;
}

async function moveEach(client: Client, { args, out }: Call, spec: MoveSpec): Promise<number> {
  const items: { id: JobId; changed: boolean }[] = [];
  let failed = false;
  for (const id of args.words) {
    try {
      items.push({ id, changed: await moveOne(client, id, args.text("reason"), spec) });
    } catch (error) {
      out.error(error);
      items.push({ id, changed: false });
      failed = true;
    }
  }
  const changed = items.filter((item) => item.changed).length;
  out.answer({ changed, items }, () => `${counted(changed, "job")} ${spec.done}`);
  return failed ? 1 : 0;
}

async function moveOne(
  client: Client,
  id: JobId,
  reason: string | undefined,
  spec: MoveSpec,
): Promise<boolean> {
  if (await spec.one(client.jobs, id, reason)) return true;
  const job = await client.jobs.get(id);
  if (job === undefined) throw noJob(id);
  if (!spec.strict) return false;
  const message = `job ${id} is ${job.state}: ${spec.verb} does nothing to it`;
  throw new ErgateError("ERR_ERGATE_JOB_STATE", message, { path: "ID" });
}
