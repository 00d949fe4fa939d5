import type { HookEvent } from "../job/hook.ts";
import { metaOf } from "../job/meta.ts";
import type { HookFacts } from "../protocol/hook.ts";
import { type JobStats, type Status, statsOf, statusOf } from "./job-stats.ts";

/** What is posted, as Harbor's jobservice does. */
export interface HookBody {
  job_id: string;
  /** Of a check-in `Running`. */
  status: Status;
  /** Only of a check-in. */
  check_in?: string;
  metadata: JobStats;
}

export function hookBody(event: HookEvent, facts: HookFacts): HookBody {
  const checkIn = event === "checkIn" ? facts.checkIn : undefined;
  return {
    job_id: facts.id,
    status: statusOf(facts.state),
    ...(checkIn !== undefined && { check_in: checkIn }),
    metadata: statsOf(facts, facts.children.toReversed()),
  };
}

/** What the store kept: what is not there may be null. */
export function factsOf(text: string): HookFacts {
  const facts = JSON.parse(text, (_, value: unknown) => value ?? undefined) as HookFacts;
  const { meta } = facts as unknown as { meta: string | undefined };
  return { ...facts, meta: metaOf(meta) };
}
