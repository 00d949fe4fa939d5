import { Allowance } from "../allowance.ts";
import type { Lane } from "./book.ts";
import * as read from "./read.sql.ts";
import type { Session } from "./session.ts";

/** What the limits leave, counted inside the claim's transaction from the rows themselves. */
export function allowanceOf(session: Session, now: number): Allowance {
  const { book } = session;
  const facts = {
    settings: (queue: string) => book.queue(queue).settings,
    bucket: (queue: string) => book.queue(queue).bucket,
    concurrency: (job: string) => book.concurrency(job),
    runningInQueue: (queue: string) => running(session, (lane) => lane.queue === queue),
    runningOfJob: (job: string) => running(session, (lane) => lane.name === job),
  };
  return new Allowance(facts, now);
}

/** Keeps what rates were charged; in the transaction of the claim. */
export function saveSpent({ book }: Session, allowance: Allowance): void {
  for (const { queue, bucket } of allowance.spent()) {
    const state = book.queue(queue);
    state.bucket = bucket;
    book.touched(state);
  }
}

function running(session: Session, chosen: (lane: Lane) => boolean): number {
  let count = 0;
  for (const lane of session.book.lanes()) {
    if (!chosen(lane)) continue;
    const row = session.sql(read.runningInLane).get(lane.key, lane.key) as { running: number };
    count += row.running;
  }
  return count;
}
