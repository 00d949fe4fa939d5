import { durationMs } from "../../base/duration.ts";
import { ErgateError } from "../../base/error.ts";
import { limits } from "../../base/limits.ts";
import type { JobId } from "../../job/job.ts";
import type { ResultOptions } from "../client.ts";
import type { DrainReport } from "../drain-report.ts";
import { idGiven, waitGiven } from "../given.ts";
import { type CallOptions, type Connection, segment } from "./connection.ts";

export async function remoteResult<Result>(
  server: Connection,
  id: JobId,
  options: ResultOptions,
): Promise<Result> {
  const path = `/jobs/${segment(idGiven(id), "id")}/result`;
  const answer = await waited<{ result: Result }>(
    server,
    path,
    {},
    options,
    `the end of job ${id}`,
  );
  return answer.result;
}

export async function remoteDrain(
  server: Connection,
  queue: string | undefined,
  options: ResultOptions,
): Promise<DrainReport> {
  const what = "the queue to be drained";
  const path = "/queues/drained";
  return (await waited<{ report: DrainReport }>(server, path, { queue }, options, what)).report;
}

/** Asks again for as long as the server says that its wait was over first. */
async function waited<T extends object>(
  server: Connection,
  path: string,
  query: NonNullable<CallOptions["query"]>,
  options: ResultOptions,
  what: string,
): Promise<T> {
  const { timeout, signal } = waitGiven(options);
  const { clock } = server;
  const wholeMs = timeout === undefined ? Number.POSITIVE_INFINITY : durationMs(timeout, "timeout");
  const until = clock.monotonic() + wholeMs;
  for (;;) {
    const leftMs = Math.max(0, Math.ceil(until - clock.monotonic()));
    const waitMs = Math.min(leftMs, limits.httpWaitMs);
    const asked = { query: { ...query, timeout: waitMs }, signal, extraMs: waitMs };
    const answer = await server.call<T & { done: boolean }>("GET", path, asked);
    if (answer.done) return answer;
    if (clock.monotonic() >= until) break;
  }
  const message = `${what} did not come within ${wholeMs} ms`;
  throw new ErgateError("ERR_ERGATE_WAIT_TIMEOUT", message);
}
