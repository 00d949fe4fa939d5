import { limits } from "../base/limits.ts";
import type { JobId } from "../job/job.ts";
import type {
  HookAnswers,
  HookChoice,
  HookClaim,
  HookResult,
  HookRow,
  HookTotals,
  HookWrite,
} from "../protocol/hook.ts";

/** What an engine does for status hooks; what is to be done is decided here for all of them. */
export interface HookStore {
  row(seq: number): HookRow | undefined;
  /** Writes what may change of a row. */
  save(row: HookRow): void;
  drop(seq: number): void;
  /** Whether one of the row's stream is due or claimed. */
  hasHead(row: Stream): boolean;
  /** The oldest of the row's stream that waits. */
  nextOf(row: Stream): HookRow | undefined;
  /** The first host behind that one which has something to send, now or later. */
  hostBehind(host: string): string | undefined;
  dueOf(host: string, now: number, limit: number): readonly HookRow[];
  /** The oldest dead ones behind that one; of a job all of its. */
  behind(seq: number, job: JobId | undefined, limit: number): readonly HookRow[];
  oldestDead(limit: number): readonly HookRow[];
  /** What is due behind `latest` is due now. */
  hurry(latest: number, now: number): void;
  /** Adds to the totals, and answers them. */
  count(change: Partial<Omit<HookTotals, "oldestAt">>): Pick<HookTotals, "dead">;
  disabled(url: string): string | undefined;
  disable(url: string, reason: string, at: number): boolean;
  enable(url: string): boolean;
  register(id: JobId, hook: string): HookAnswers["registerHook"];
}

/** What a job tells one address: it goes in order, and doesn't wait for another address. */
export type Stream = Pick<HookRow, "stream" | "url">;

/** Why an event is dead that found no room. */
export const tooManyWait = "too many events wait";

type Answer = HookAnswers[HookWrite["type"]];
type Of<T extends HookWrite["type"]> = Extract<HookWrite, { type: T }>;

export function writeHooks(store: HookStore, write: HookWrite): Answer {
  switch (write.type) {
    case "registerHook": {
      const answer = store.register(write.id, write.hook);
      if (answer.type === "registered") store.enable(write.url);
      return answer;
    }
    case "claimHooks":
      return claim(store, write);
    case "settleHooks":
      return { held: write.results.map((result) => settle(store, result, write.now)) };
    case "resendHooks":
      return resend(store, write);
    case "disableHook":
      return { changed: store.disable(write.url, write.reason, write.now) };
    case "enableHook":
      return { changed: store.enable(write.url) };
    default:
      return write satisfies never;
  }
}

/** Host after host, so that none waits behind another's backlog. */
function claim(store: HookStore, asked: Of<"claimHooks">): HookAnswers["claimHooks"] {
  const claims: HookClaim[] = [];
  const totals = { buried: 0 };
  let after = asked.after;
  for (let hosts = 0; hosts < limits.hookHosts; hosts++) {
    const host = store.hostBehind(after);
    if (host === undefined) return { claims, after: "", ...totals };
    claimOfHost(store, asked, host, claims, totals);
    after = host;
    if (claims.length >= asked.limit || totals.buried >= limits.hookBuries) break;
  }
  return { claims, after, ...totals };
}

function claimOfHost(
  store: HookStore,
  { owner, now, until, limit, perHost, busy }: Of<"claimHooks">,
  host: string,
  claims: HookClaim[],
  totals: { buried: number },
): void {
  let room = Math.min(perHost - (busy[host] ?? 0), limit - claims.length);
  let isBurying = true;
  while (room > 0 && isBurying && totals.buried < limits.hookBuries) {
    isBurying = false;
    for (const row of store.dueOf(host, now, room)) {
      const off = store.disabled(row.url);
      if (off !== undefined) {
        bury(store, row, off, now);
        totals.buried++;
        isBurying = true;
        continue;
      }
      room--;
      const { seq, job, event, url, hook, facts, createdAt, attempts, firstAt = now } = row;
      store.save({ ...row, attempts: attempts + 1, firstAt, dueAt: until, owner });
      const attempt = attempts + 1;
      claims.push({ seq, attempt, firstAt, job, event, url, host, hook, facts, createdAt });
    }
  }
}

/** Whether the claim still held: another may have taken it over. */
function settle(store: HookStore, { seq, attempt, owner, outcome }: HookResult, now: number) {
  const row = store.row(seq);
  if (row?.owner !== owner || row.attempts !== attempt) return false;
  switch (outcome.type) {
    case "delivered":
      store.drop(seq);
      store.count({ waiting: -1 });
      advance(store, row, now);
      return true;
    case "failed": {
      const { error, nextAt } = outcome;
      store.save({ ...row, owner: undefined, dueAt: nextAt, error });
      return true;
    }
    case "released": {
      const attempts = attempt - 1;
      const firstAt = attempts === 0 ? undefined : row.firstAt;
      store.save({ ...row, owner: undefined, dueAt: now, attempts, firstAt });
      return true;
    }
    case "gone":
      store.disable(row.url, outcome.error, now);
      bury(store, row, outcome.error, now);
      return true;
    case "dead":
      bury(store, row, outcome.error, now);
      return true;
    default:
      return outcome satisfies never;
  }
}

/** The head is over: the one behind it may be sent. */
function advance(store: HookStore, stream: Stream, now: number): void {
  const next = store.nextOf(stream);
  if (next !== undefined) store.save({ ...next, dueAt: now });
}

function bury(store: HookStore, row: HookRow, error: string, now: number): void {
  store.save({ ...row, owner: undefined, dueAt: undefined, error, deadAt: now });
  advance(store, row, now);
  const { dead } = store.count({ waiting: -1, dead: 1 });
  makeRoom(store, dead);
}

/** The oldest dead ones give way. */
export function makeRoom(store: HookStore, dead: number): void {
  const surplus = dead - limits.hookDeadRows;
  if (surplus <= 0) return;
  const gone = store.oldestDead(surplus);
  for (const { seq } of gone) store.drop(seq);
  store.count({ dead: -gone.length, dropped: gone.length });
}

function resend(store: HookStore, asked: Of<"resendHooks">): HookAnswers["resendHooks"] {
  const { which, after, now, limit } = asked;
  const seen = candidates(store, which, after, limit);
  const rows = seen.filter(
    ({ deadAt, url }) => deadAt !== undefined && ("url" in which ? which.url : url) === url,
  );
  for (const row of rows) {
    // One that is due or under way goes first: what comes next is then the oldest that waits.
    const dueAt = store.hasHead(row) ? undefined : now;
    const anew = { attempts: 0, firstAt: undefined, owner: undefined, error: undefined };
    store.save({ ...row, ...anew, dueAt, deadAt: undefined });
  }
  if (rows.length > 0) store.count({ waiting: rows.length, dead: -rows.length });
  return { resent: rows.length, next: seen.length < limit ? undefined : seen.at(-1)?.seq };
}

function candidates(store: HookStore, which: HookChoice, after: number, limit: number) {
  if (!("seq" in which)) return store.behind(after, "job" in which ? which.job : undefined, limit);
  const row = store.row(which.seq);
  return row === undefined ? [] : [row];
}

/**
 * Deletes dead events past their age, of the `limit` oldest events; answers how many. One that died
 * late holds up those behind it by as much, at most. What a clock put off while it was ahead is due
 * now, where it was put right.
 */
export function pruneHooks(store: HookStore, now: number, limit: number): number {
  store.hurry(now + limits.hookDueMsMax, now);
  const before = now - limits.hookDeadMs;
  const old = store.oldestDead(limit).filter(({ deadAt = before }) => deadAt < before);
  for (const { seq } of old) store.drop(seq);
  if (old.length > 0) store.count({ dead: -old.length });
  return old.length;
}
