import type { Job } from "../job/job.ts";
import { isFinal, type JobState } from "../job/state.ts";

/** A job as the jobservice's clients and the receivers of its hooks know it. */

export type Kind = "Generic" | "Scheduled" | "Periodic";

export type Status =
  | "Pending"
  | "Scheduled"
  | "Running"
  | "Success"
  | "Error"
  | "Stopped"
  | "Cancelled";

/** Times are whole seconds since the epoch. */
export interface JobStats {
  id: string;
  status: Status;
  name: string;
  kind: Kind;
  unique: boolean;
  ref_link: string;
  cron_spec?: string;
  enqueue_time: number;
  update_time: number;
  run_at?: number;
  check_in?: string;
  check_in_at?: number;
  die_at?: number;
  hook_status?: "activated" | "error";
  executions?: string[];
  upstream_job_id?: string;
  multiple_executions: boolean;
}

/** Under which names a job's meta keeps what only the jobservice knows of it. */
export const statsMeta = {
  kind: "jobservice.kind",
  unique: "jobservice.unique",
  upstream: "jobservice.upstream",
  /** Of the schedule that made it. */
  cron: "jobservice.cron",
} as const;

/** What the stats of one job come from. `changedAt`: when its state changed last, ms. */
export type StatsFacts = Pick<
  Job,
  "id" | "name" | "state" | "meta" | "createdAt" | "runAt" | "finishedAt" | "checkIn" | "checkInAt"
> &
  Pick<Job, "parent"> & { changedAt: number };

/** A job's state in the jobservice's word. What waits for a retry failed, and shows it. */
export function statusOf(state: JobState): Exclude<Status, "Scheduled"> {
  switch (state) {
    case "scheduled":
    case "available":
      return "Pending";
    case "running":
      return "Running";
    case "retryable":
    case "dead":
      return "Error";
    case "completed":
      return "Success";
    case "stopped":
      return "Stopped";
    case "cancelled":
      return "Cancelled";
    default:
      return state satisfies never;
  }
}

/** The stats of one job; a Periodic one is a schedule, and none of these. */
export function statsOf(facts: StatsFacts, executions: readonly string[] = []): JobStats {
  const { id, name, state, meta, createdAt, runAt, finishedAt, checkIn, checkInAt } = facts;
  const kind = kindOf(facts);
  const upstream = meta[statsMeta.upstream] ?? facts.parent;
  const isDead = isFinal(state) && (state === "dead" || state === "cancelled");
  return {
    id,
    status: statusOf(state),
    name,
    kind,
    unique: meta[statsMeta.unique] === "true",
    ref_link: `/api/v1/jobs/${id}`,
    enqueue_time: seconds(createdAt),
    update_time: seconds(Math.max(facts.changedAt, checkInAt ?? 0)),
    ...(kind === "Scheduled" && { run_at: seconds(runAt) }),
    ...(checkIn !== undefined && { check_in: checkIn }),
    ...(checkInAt !== undefined && { check_in_at: seconds(checkInAt) }),
    ...(isDead && finishedAt !== undefined && { die_at: seconds(finishedAt) }),
    ...(executions.length > 0 && { executions: [...executions] }),
    ...(upstream !== undefined && { upstream_job_id: upstream }),
    multiple_executions: executions.length > 0,
  };
}

/** As it was submitted; what comes another way is Scheduled while it waits for its time. */
function kindOf({ meta, state }: StatsFacts): Kind {
  const kind = meta[statsMeta.kind];
  if (kind === "Scheduled" || kind === "Generic") return kind;
  return state === "scheduled" ? "Scheduled" : "Generic";
}

function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}
