import { z } from "zod";
import { limits } from "../../base/limits.ts";
import type { JobsClient, TakenKey } from "../../client/client.ts";
import type { JobFilter } from "../../job/job.ts";
import { countShape } from "./shapes.ts";

/** What came of a bulk retry; `taken`: those left out, since another job holds their unique key. */
export const retriedShape = countShape.extend({
  taken: z.array(z.object({ id: z.string(), by: z.string() })).optional(),
});

export async function retryAll(jobs: JobsClient, filter: JobFilter) {
  const taken: TakenKey[] = [];
  const count = await jobs.retryAll(filter, (one) => {
    if (taken.length < limits.httpTakenRows) taken.push(one);
  });
  return { count, taken };
}
