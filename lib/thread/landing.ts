import { ErgateError, messageOf } from "../base/error.ts";
import { type Ending, runError } from "../job/ending.ts";
import type { Entry } from "./backlog.ts";
import { readEndings } from "./ending-wire.ts";
import type { Flight } from "./flight.ts";
import { phase } from "./slots.ts";
import type { Follower, ThreadEnding, ThreadModule } from "./thread.ts";
import type { Flat } from "./wire.ts";

const none: readonly Follower[] = Object.freeze([]);

/** A run that its thread said has ended. */
export interface EndedEntry {
  entry: Entry;
  /** As the pool's owner hears it. */
  told: ThreadEnding;
}

/** Reads what a thread said of its batch; each entry ends once. */
export function endedOf(flight: Flight, flat: Flat): EndedEntry[] {
  const ended: EndedEntry[] = [];
  readEndings(flat, (at, ending, startedAt, ranMs, followers) => {
    const entry = flight.entries[at] as Entry;
    if (entry.gone || entry.flight !== flight) return;
    entry.gone = true;
    const { key, fence } = entry.job;
    const told = {
      key,
      fence,
      startedAt,
      finishedAt: Math.round(startedAt + ranMs),
      ranMs,
      ending,
      asked: entry.asked,
      reason: entry.reason,
      followers: followers === undefined ? none : (JSON.parse(followers) as Follower[]),
    };
    ended.push({ entry, told });
  });
  return ended;
}

/** The ending of a run whose thread is gone: what it would have returned is not known. */
export function lostEnding(entry: Entry, cause: unknown, now: number): ThreadEnding {
  const beganAt = entry.flight?.beganAt(entry) ?? 0;
  const startedAt = beganAt === 0 ? now : beganAt;
  return {
    key: entry.job.key,
    fence: entry.job.fence,
    startedAt,
    finishedAt: now,
    ranMs: now - startedAt,
    ending: lost(entry, cause),
    asked: entry.asked,
    reason: entry.reason,
    followers: none,
  };
}

function lost(entry: Entry, cause: unknown): Ending {
  const killed = entry.flight?.phaseOf(entry) === phase.killed;
  const message = killed
    ? `${overstayed(entry)}: its thread was ended`
    : `the thread of the run died: ${messageOf(cause)}`;
  const thrown = new ErgateError("ERR_ERGATE_RUN_LOST", message, killed ? {} : { cause });
  return { type: "threw", error: runError(thrown), thrown };
}

function overstayed({ job, asked }: Entry): string {
  return `the run did not end within ${job.graceMs} ms of the ask (${asked})`;
}

/** Why a handler's module is refused. */
export function unloadable({ name, url }: ThreadModule, cause: unknown): ErgateError {
  const message = `job "${name}": its handler ${url} can't be loaded: ${messageOf(cause)}`;
  return new ErgateError("ERR_ERGATE_HANDLER_LOAD", message, { cause });
}
