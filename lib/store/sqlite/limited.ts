import { limits } from "../../base/limits.ts";
import { Allowance } from "../allowance.ts";
import type { Lane } from "./book.ts";
import * as read from "./read.sql.ts";
import type { Session } from "./session.ts";
import * as write from "./write.sql.ts";

/**
 * What the limits leave. Where a limit could matter to this claim, the rows are counted inside its
 * transaction; where the lanes' counts, which are kept in the same transactions, leave more than
 * any claim takes, they are believed: to count 50 far limits took 2 µs a job.
 */
export function allowanceOf(session: Session, now: number): Allowance {
  const { book } = session;
  const running = (lanes: Iterable<Lane>, limit: number) => {
    const own = [...lanes];
    const kept = own.reduce((sum, lane) => sum + lane.counts.running, 0);
    return limit - kept > limits.limitCountedJobs ? kept : counted(session, own);
  };
  const facts = {
    settings: (queue: string) => book.queue(queue).settings,
    bucket: (queue: string) => book.queue(queue).bucket,
    concurrency: (job: string) => book.concurrency(job),
    runningInQueue: (queue: string, limit: number) => running(book.lanesOfQueue(queue), limit),
    runningOfJob: (job: string, limit: number) => running(book.lanesOfJob(job), limit),
  };
  return new Allowance(facts, now);
}

/** Keeps what rates were charged; in the transaction of the claim. */
export function saveSpent(session: Session, allowance: Allowance): void {
  for (const { queue, bucket } of allowance.spent()) {
    session.book.queue(queue).bucket = bucket;
    session.sql(write.saveCredit).run(bucket.credit, bucket.at, session.namespace, queue);
  }
}

function counted(session: Session, lanes: readonly Lane[]): number {
  let count = 0;
  for (const { key } of lanes) {
    count += (session.sql(read.runningInLane).get(key, key) as { running: number }).running;
  }
  return count;
}
