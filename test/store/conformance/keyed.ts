import assert from "node:assert/strict";
import type { NewJob } from "../../../lib/job/job.ts";
import type { Unique } from "../../../lib/job/unique.ts";
import type { JobStore } from "../../../lib/store/store.ts";
import { enqueue, job, type Member, member, one, type TestStorage, t0, uniqueKey } from "../kit.ts";

/** Jobs with a unique key, for the cases about them. */

export type Change = Partial<Unique> & { job?: Partial<NewJob> };

/** A job with the key "k". */
export function keyed(id: string, { job: of = {}, ...change }: Change = {}): NewJob {
  return job(id, { ...of, unique: uniqueKey("k", change) });
}

/** Who holds the key "k" at a time: asked by a job that would keep it, and is gone at once. */
export async function holder(store: JobStore, now = t0 + 50): Promise<string | undefined> {
  const { duplicates } = await enqueue(store, [keyed("probe")], now);
  const [met] = duplicates;
  if (met !== undefined) return "id" in met ? met.id : undefined;
  await one(store, { type: "delete", ids: ["probe"] });
  return undefined;
}

/** A member of the storage, in which the job "one" holds the key "k". */
export async function holding(storage: TestStorage, change: Change = {}): Promise<Member> {
  const who = await member(storage, "a");
  assert.deepEqual(await enqueue(who.store, [keyed("one", change)]), { duplicates: [] });
  return who;
}
