import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import { isFinal } from "../job/state.ts";
import type { LogPage } from "../log/page.ts";
import type { LogQuery } from "../log/store.ts";
import type { JobRow } from "../protocol/query.ts";
import type { FollowedLine } from "./logs.ts";
import type { LocalParts } from "./parts.ts";
import { every, waitUntil } from "./wait.ts";

/** What was seen of a log: lines, or that it has ended, or both. */
interface Sight {
  page: LogPage;
  over: boolean;
}

/** The lines of a log as they come, to its end. */
export async function* follow(
  parts: LocalParts,
  query: LogQuery,
  signal: AbortSignal | undefined,
): AsyncGenerator<FollowedLine, undefined> {
  const eyes = new Eyes(parts, query);
  const options = signal === undefined ? {} : { signal };
  const what = `the end of the log of job ${query.id}`;
  const listen = (wake: () => void) => listenTo(parts, query.id, wake);
  try {
    for (;;) {
      const { page, over } = await waitUntil(parts, () => eyes.look(), options, what, listen);
      for (const [at, line] of page.items.entries()) {
        if (signal?.aborted) return;
        yield { ...line, cursor: page.cursors[at] as string };
      }
      if (over) return;
    }
  } catch (error) {
    if (!signal?.aborted) throw error;
  }
}

class Eyes {
  readonly #parts: LocalParts;
  #query: LogQuery;
  #known = false;
  #overSince: number | undefined;

  constructor(parts: LocalParts, query: LogQuery) {
    this.#parts = parts;
    this.#query = { ...query, limit: limits.pageRows };
  }

  /** The job and its workers first: what was stored before their end is then among the lines. */
  async look(): Promise<Sight | undefined> {
    const { id } = this.#query;
    const job = await this.#parts.read({ type: "job", id });
    const ended = await this.#hasEnded(job);
    const page = await this.#parts.logs.read(this.#query);
    this.#known ||= job !== undefined || page.items.length > 0;
    if (!this.#known) throw notFound(id);
    this.#query = { ...this.#query, tail: undefined, cursor: page.end };
    const over = ended && page.next === undefined;
    return page.items.length > 0 || over ? { page, over } : undefined;
  }

  /** Of a job that is gone nothing more comes. */
  async #hasEnded(job: JobRow | undefined): Promise<boolean> {
    if (job === undefined) return true;
    if (!isFinal(job.state) && !isPast(job, this.#query.attempt)) {
      this.#overSince = undefined;
      return false;
    }
    // Another process may have settled the job before it stored the last lines.
    const now = this.#parts.clock.now();
    this.#overSince ??= job.finishedAt ?? now;
    return now - this.#overSince >= limits.logFollowEndMs || this.#parts.logs.alone();
  }
}

/** Whether that attempt has ended, though the job has not. */
function isPast(job: JobRow, attempt: number | undefined): boolean {
  if (attempt === undefined || job.attempt < attempt) return false;
  return job.attempt > attempt || job.state !== "running";
}

function listenTo(parts: LocalParts, id: string, wake: () => void): () => void {
  const ends = [
    parts.logs.watch(id, wake),
    parts.hub.onEnd(id, wake),
    // What another process stores rings no bell.
    every(parts, limits.logFollowMs, wake),
  ];
  return () => {
    for (const end of ends) end();
  };
}

function notFound(id: string): ErgateError {
  return new ErgateError("ERR_ERGATE_JOB_NOT_FOUND", `no job has the id ${id}`, { path: "id" });
}
