import type { Clock } from "../base/clock.ts";
import type { NewId } from "../base/id.ts";
import type { JobId, Page } from "../job/job.ts";
import type { LogPage } from "../log/page.ts";
import type { FoundLine, LogSearch } from "../log/search.ts";
import type { LogQuery } from "../log/store.ts";
import type { Query, QueryAnswers } from "../protocol/query.ts";
import type { AskedWrite } from "../protocol/queue.ts";
import type { WriteAnswer } from "../protocol/write.ts";
import type { Gate } from "./gate.ts";
import type { Hub } from "./hub.ts";
import type { LockKeeper } from "./lock-keeper.ts";
import type { Requests } from "./requests.ts";

/** The lines of jobs, those that wait in this process too. */
export interface LocalLogs {
  read(query: LogQuery): Promise<LogPage>;
  search(text: string, query: LogSearch): Promise<Page<FoundLine>>;
  /** Calls back when a run of this process writes to the job's log. Returns the end of it. */
  watch(id: JobId, written: () => void): () => void;
  /** Whether no other process runs jobs of the file, whose lines might still come. */
  alone(): Promise<boolean>;
}

/** What the in-process client stands on: the waist, without an actor or a store in sight. */
export interface LocalParts {
  readonly clock: Clock;
  readonly hub: Hub;
  readonly gate: Gate;
  readonly requests: Requests;
  readonly newId: NewId;
  read<Q extends Query>(query: Q): Promise<QueryAnswers[Q["type"]]>;
  /** Resolves after the commit. */
  ask<W extends AskedWrite>(write: W): Promise<WriteAnswer<W>>;
  readonly logs: LocalLogs;
  backup(file: string): Promise<void>;
  /** The lines of deleted jobs go too. Resolves when they are gone, or that takes long. */
  forget(ids: readonly string[]): Promise<void>;
  /** Calls back when other processes may have written. Returns the end of it. */
  watch(heard: () => void): () => void;
  /** The same without a poll: a runtime that did not join hears of freed locks alone. */
  bell(heard: () => void): () => void;
  /** Who holds a lock here, for people. */
  holder(jobId: JobId | undefined): string;
  readonly locks: LockKeeper;
}
