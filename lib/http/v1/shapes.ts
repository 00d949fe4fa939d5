import { z } from "zod";
import { limits } from "../../base/limits.ts";
import { wholeNumber } from "../route.ts";

/** What the jobservice's clients send, and what they get. */

const kinds = ["Generic", "Scheduled", "Periodic"] as const;

const statuses = [
  ...(["Pending", "Scheduled", "Running", "Success", "Error", "Stopped", "Cancelled"] as const),
];

const seconds = z.number().int();

/** As Go reads it: null is as absent, and what it doesn't know is passed over. */
export const submitBody = z.object({
  job: z.object({
    name: z.string().min(1),
    metadata: z.object({
      kind: z.enum(kinds),
      schedule_delay: seconds.min(0).nullish(),
      cron_spec: z.string().nullish(),
      unique: z.boolean().nullish(),
    }),
    // Kept as they are: a copy would leave fields such as __proto__ out.
    parameters: z
      .unknown()
      .refine(isParameters, "must be an object")
      .meta({ type: "object" })
      .optional(),
    status_hook: z.string().nullish(),
  }),
});

export type Submission = z.infer<typeof submitBody>["job"];

function isParameters(value: unknown): boolean {
  return value === undefined || (typeof value === "object" && !Array.isArray(value));
}

export const actionBody = z.object({ action: z.enum(["stop", "cancel", "retry"]) });

export type Action = z.infer<typeof actionBody>["action"];

export const jobParams = z.object({ id: z.string().min(1) });

const pageNumber = wholeNumber(1, limits.jobserviceRanked).optional();
const pageSize = wholeNumber(1, Number.MAX_SAFE_INTEGER)
  .transform((rows) => Math.min(rows, limits.jobservicePageRowsMax))
  .optional();

export const listQuery = z.object({
  kind: z.enum(kinds).optional(),
  status: z.enum(statuses).optional(),
  name: z.string().optional(),
  cursor: z.string().max(400).optional(),
  page_number: pageNumber,
  page_size: pageSize,
});

export type ListQuery = z.infer<typeof listQuery>;

export const executionsQuery = z.object({
  page_number: pageNumber,
  page_size: pageSize,
  non_dead_only: z.enum(["true", "false", "1", "0", "t", "f", "TRUE", "FALSE"]).optional(),
});

export type ExecutionsQuery = z.infer<typeof executionsQuery>;

export const statsShape = z.object({
  job: z.object({
    id: z.string(),
    status: z.enum(statuses),
    name: z.string(),
    kind: z.enum(kinds),
    unique: z.boolean(),
    ref_link: z.string(),
    cron_spec: z.string().optional(),
    enqueue_time: seconds,
    update_time: seconds,
    run_at: seconds.optional(),
    check_in: z.string().optional(),
    check_in_at: seconds.optional(),
    die_at: seconds.optional(),
    hook_status: z.enum(["activated", "error"]).optional(),
    executions: z.array(z.string()).optional(),
    upstream_job_id: z.string().optional(),
    multiple_executions: z.boolean(),
  }),
});

export const poolsShape = z.object({
  worker_pools: z.array(
    z.object({
      worker_pool_id: z.string(),
      started_at: seconds,
      heartbeat_at: seconds,
      job_names: z.array(z.string()),
      concurrency: z.number(),
      status: z.enum(["Healthy", "Dead"]),
    }),
  ),
});
