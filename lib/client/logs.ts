import type { JobId, Page } from "../job/job.ts";
import type { LogLine } from "../log/line.ts";
import type { FoundLine } from "../log/search.ts";
import type { PageOptions } from "./client.ts";
import { follow } from "./follow.ts";
import { followGiven, logSearchGiven, textGiven } from "./given.ts";
import type { LocalParts } from "./parts.ts";

/** Times of lines: Dates or milliseconds since the epoch. */
interface Times {
  /** Lines from then on. */
  from?: Date | number;
  /** Lines before then. */
  until?: Date | number;
}

export interface LogOptions extends PageOptions, Times {
  attempt?: number;
  /** The last lines only. Excludes `cursor`. */
  tail?: number;
}

export interface LogSearchOptions extends PageOptions, Times {
  /** Only the log of that job. */
  job?: JobId;
}

export interface FollowOptions {
  /** Only that attempt, to its end. Default: all of them, to the job's end. */
  attempt?: number;
  /** Goes on behind an earlier line, by its `cursor`. Default: from the first line. */
  cursor?: string;
  /** Begins with the last lines, at most 1 000. Excludes `cursor`. */
  tail?: number;
  /** Ends the iteration. */
  signal?: AbortSignal;
}

/** A line, and where to go on behind it. */
export interface FollowedLine extends LogLine {
  cursor: string;
}

export interface LogsClient {
  /**
   * Lines that have all the words of a text, the newest first by the order of storing. A word is a
   * run of letters and digits, as SQLite's unicode61 tokenizer cuts them: case and accents don't
   * count, `conn*` stands for every word that begins so, and words that stand together must follow
   * each other (`10.0.0.1`, `user_id`). Nothing else is syntax. A line is found as soon as it is
   * stored. A page may be short of its limit, even empty, and still have a `next`, for it looks
   * through 64 MiB of text at most. Rejects with ERR_ERGATE_OPTION for a text without a word.
   */
  search(text: string, options?: LogSearchOptions): Promise<Page<FoundLine>>;
  /**
   * The lines of a job as they come, each once and in order, until the job has ended and its last
   * line was given; a retry goes on with the next attempt. Lines of this process come at once,
   * those of others within 200 ms of being stored. A line that another process stores later than
   * 2 s after the end is not waited for. Iterating rejects with ERR_ERGATE_JOB_NOT_FOUND, or with
   * ERR_ERGATE_STOPPED where the runtime stops before the end. Throws ERR_ERGATE_OPTION.
   */
  follow(id: JobId, options?: FollowOptions): AsyncIterableIterator<FollowedLine>;
}

export function localLogs(parts: LocalParts): LogsClient {
  return {
    search: async (text, options = {}) =>
      parts.logs.search(textGiven(text), logSearchGiven(options)),
    follow: (id, options = {}) => follow(parts, followGiven(id, options), options.signal),
  };
}
