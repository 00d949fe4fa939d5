import type { Clock, Timer } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { JobId } from "../job/job.ts";
import { isFinal, type JobState } from "../job/state.ts";
import type { ChangeCursor, ChangedJob } from "../protocol/query.ts";
import { type EventPlace, encodeCursor } from "./cursor.ts";
import type { Hub } from "./hub.ts";
import type { LocalParts } from "./parts.ts";

/**
 * Sees what other processes did, while somebody follows: it reads what is new, what is final since,
 * and again what it saw and what is not final. Each job's latest state, not every move.
 */
export interface Watch {
  /** `since`: also what became final after that place. Returns the end of it. */
  follow(since: EventPlace | undefined): () => void;
}

interface Seen {
  state: JobState;
  attempt: number;
}

/** What a commit of another process may be behind its own times: a job's end is stamped before it is stored. */
const overlapMs = limits.eventsOverlapMs;

export function createWatch(parts: {
  clock: Clock;
  hub: Hub;
  read: LocalParts["read"];
  watch: LocalParts["watch"];
}): Watch {
  const { clock, hub } = parts;
  let followers = 0;
  let cursor: ChangeCursor | undefined;
  let reading = false;
  let again = false;
  let timer: Timer | undefined;
  let unwatch = () => {};
  /** Row numbers of jobs that are not final, by what was last told of them; the oldest give way. */
  const tracked = new Map<number, JobId>();
  const seen = new Map<JobId, Seen>();
  const doubted = new Set<JobId>();
  let notes: (() => void) | undefined;

  return {
    follow(since) {
      followers++;
      if (followers === 1) begin();
      if (since !== undefined) void replay(since);
      return () => {
        followers--;
        if (followers === 0) end();
      };
    },
  };

  function begin(): void {
    notes = noteOwn();
    unwatch = parts.watch(look);
    tick();
  }

  function end(): void {
    notes?.();
    unwatch();
    timer?.cancel();
    cursor = undefined;
    tracked.clear();
    seen.clear();
    doubted.clear();
  }

  function tick(): void {
    timer = clock.after(limits.resultPollMs, tick);
    look();
  }

  function look(): void {
    if (followers === 0) return;
    if (reading) {
      again = true;
      return;
    }
    reading = true;
    again = false;
    readChanges().finally(() => {
      reading = false;
      if (again) clock.after(limits.eventsPollMs, look);
    });
  }

  async function readChanges(): Promise<void> {
    const since = cursor && { ...cursor, finishedAt: cursor.finishedAt - overlapMs, finalSeq: 0 };
    const query = { type: "changes", since, tracked: [...tracked.keys()], limit: limits.pageRows };
    const answer = await parts.read({ ...query, type: "changes" }).catch(() => undefined);
    if (answer === undefined || followers === 0) return;
    for (const job of answer.moved) tell(job);
    cursor = answer.cursor;
    if (answer.moved.length >= limits.pageRows) again = true;
  }

  /** What became final after a place that a subscriber kept, perhaps from an earlier life. */
  async function replay(since: EventPlace): Promise<void> {
    let place = { seq: Number.MAX_SAFE_INTEGER, finishedAt: since.at, finalSeq: since.seq };
    for (;;) {
      const limit = limits.pageRows;
      const answer = await parts.read({ type: "changes", since: place, tracked: [], limit });
      for (const job of answer.moved) tell(job);
      if (answer.moved.length < limit || followers === 0) return;
      place = { ...answer.cursor, seq: Number.MAX_SAFE_INTEGER };
    }
  }

  function tell(job: ChangedJob): void {
    track(job);
    if (!isNews(seen.get(job.id), job) || isDoubtful(job)) return;
    remember(job.id, job);
    const { id, name, queue, state, attempt, reason, seq } = job;
    const at = job.finishedAt ?? clock.now();
    const cursorText = encodeCursor(at, seq);
    hub.publish({
      type: state,
      at,
      id,
      name,
      queue,
      state,
      attempt,
      reason,
      remote: true,
      cursor: cursorText,
    });
  }

  /** A read that began before this process's own commit shows a final job unfinished: look twice. */
  function isDoubtful(job: ChangedJob): boolean {
    const told = seen.get(job.id);
    if (told === undefined || !isFinal(told.state) || isFinal(job.state)) return false;
    if (doubted.delete(job.id)) return false;
    doubted.add(job.id);
    again = true;
    return true;
  }

  function track(job: ChangedJob): void {
    tracked.delete(job.seq);
    if (!isFinal(job.state)) tracked.set(job.seq, job.id);
    if (tracked.size > limits.eventsTracked) tracked.delete(tracked.keys().next().value as number);
  }

  /** Moves of this process are told by themselves, and must not be told again as another's. */
  function noteOwn(): () => void {
    return hub.onPublish((event) => {
      if (!event.remote && event.type !== "deleted") remember(event.id, event);
    });
  }

  function remember(id: JobId, { state, attempt }: Seen): void {
    seen.delete(id);
    seen.set(id, { state, attempt });
    if (seen.size > limits.eventsSeen) seen.delete(seen.keys().next().value as string);
  }
}

/** Whether a state that was read is later than what was told: a read may be older than a told move. */
function isNews(told: Seen | undefined, { state, attempt }: Seen): boolean {
  if (told === undefined) return true;
  if (told.state === state && told.attempt === attempt) return false;
  if (attempt !== told.attempt) return attempt > told.attempt || isFinal(told.state);
  return rank(state) > rank(told.state);
}

function rank(state: JobState): number {
  if (isFinal(state)) return 3;
  return state === "retryable" ? 2 : state === "running" ? 1 : 0;
}
