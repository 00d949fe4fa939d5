import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClaimedJob, NewJob } from "../../lib/job/job.ts";
import type { Outcome, Settlement } from "../../lib/job/outcome.ts";
import type { DeclaredQueue } from "../../lib/job/queue.ts";
import type { StoredDefinition } from "../../lib/job/registry.ts";
import type { Unique } from "../../lib/job/unique.ts";
import type { JobRow } from "../../lib/protocol/query.ts";
import type { Demand, Write, WriteAnswers } from "../../lib/protocol/write.ts";
import type { JobStore } from "../../lib/store/store.ts";

/** One storage under test: several stores on it stand for several processes on one file. */
export interface TestStorage {
  /** A store of its own, as in a process of its own. Closed without a `leave`, that process died. */
  open(namespace?: string): Promise<JobStore>;
  /** Closes what is open and deletes the storage. */
  dispose(): Promise<void>;
}

/** What an engine brings to the suite: new, empty storages. */
export interface Harness {
  storage(): Promise<TestStorage>;
}

/** A test over a storage of its own. */
export interface StorageCase {
  sentence: string;
  body: (storage: TestStorage) => Promise<void>;
}

/** A file's cases: each is run on every engine. */
export function caseList() {
  const cases: StorageCase[] = [];
  const check = (sentence: string, body: StorageCase["body"]) => {
    cases.push({ sentence, body });
  };
  return { cases, check };
}

export function runCases(name: string, harness: Harness, cases: readonly StorageCase[]): void {
  for (const { sentence, body } of cases) {
    test(`${name}: ${sentence}`, () => withStorage(harness, body));
  }
}

export async function withStorage(harness: Harness, body: StorageCase["body"]): Promise<void> {
  const storage = await harness.storage();
  try {
    await body(storage);
  } finally {
    await storage.dispose();
  }
}

/** Any instant: nothing may depend on when the tests run. */
export const t0 = 1_700_000_000_000;
export const hour = 3_600_000;

export async function one<W extends Write>(
  store: JobStore,
  write: W,
): Promise<WriteAnswers[W["type"]]> {
  const [answer] = await store.apply([write]);
  return answer as WriteAnswers[W["type"]];
}

export function job(id: string, change: Partial<NewJob> = {}): NewJob {
  const name = change.name ?? "mail";
  return {
    id,
    name,
    queue: name,
    args: '{"n":1}',
    priority: 0,
    runAt: undefined,
    maxAttempts: 4,
    timeoutMs: undefined,
    tags: undefined,
    unique: undefined,
    meta: undefined,
    hook: undefined,
    parent: undefined,
    depth: 0,
    withPrevious: false,
    run: undefined,
    ...change,
  };
}

/** Records of runs without a bound, for a prune that is about jobs. */
export const keptRuns = { ageMs: Number.POSITIVE_INFINITY, count: Number.POSITIVE_INFINITY };

/** A unique key of its own with what holds for it. Default: until done, keep. */
export function uniqueKey(key: string, change: Partial<Unique> = {}): Unique {
  return { key, until: "done", onConflict: "keep", moveTime: false, ...change };
}

export function definition(name: string, change: Partial<StoredDefinition> = {}): StoredDefinition {
  const common = { queue: name, priority: 0, maxAttempts: 4, timeoutMs: undefined };
  const limits = {
    crashLimit: 3,
    redact: [],
    concurrency: undefined,
    unique: undefined,
    isCommand: false,
    hook: undefined,
  };
  return { name, ...common, ...limits, ...change };
}

export async function enqueue(store: JobStore, jobs: readonly NewJob[], now = t0) {
  return one(store, { type: "enqueue", jobs, now });
}

/** Adds jobs of name "mail" by their ids. */
export async function add(store: JobStore, ...ids: string[]): Promise<void> {
  const { duplicates } = await enqueue(
    store,
    ids.map((id) => job(id)),
  );
  assert.deepEqual(duplicates, []);
}

/** A store that joined, as a runtime does: what the tests act through. */
export interface Member {
  store: JobStore;
  worker: number;
  id: string;
}

export async function member(
  storage: TestStorage,
  id: string,
  change: {
    namespace?: string;
    definitions?: readonly StoredDefinition[];
    queues?: readonly DeclaredQueue[];
    jobs?: readonly string[];
    declared?: string;
  } = {},
): Promise<Member> {
  const store = await storage.open(change.namespace);
  const { worker } = await one(store, {
    type: "join",
    worker: {
      ...{ id, host: "here", pid: 7, version: "0", concurrency: 10, threads: 2 },
      ...{ startedAt: t0, leaseUntil: t0 + hour, jobs: change.jobs ?? ["mail"] },
      declared: change.declared,
    },
    definitions: change.definitions ?? [],
    queues: change.queues ?? [],
    now: t0,
  });
  return { store, worker, id };
}

export function demand(slots: number, change: Partial<Demand> = {}): Demand {
  return { names: ["mail"], slots, ahead: [], suspect: true, ...change };
}

export async function claimFor(who: Member, demands: readonly Demand[], now = t0) {
  return one(who.store, { type: "claim", worker: who.worker, demands, now });
}

export async function claim(who: Member, slots = 1_000, names = ["mail"], now = t0) {
  return (await claimFor(who, [demand(slots, { names })], now)).jobs as ClaimedJob[];
}

/** Claims the one job that is there. */
export async function claimOne(who: Member, now = t0): Promise<ClaimedJob> {
  const [claimed] = await claim(who, 1, ["mail"], now);
  assert.ok(claimed, "nothing was claimed");
  return claimed;
}

export function settlement(
  run: ClaimedJob,
  outcome: Outcome,
  change: Partial<Settlement> = {},
): Settlement {
  const { seq, lane, bytes, id, attempt, fence, unique, hooked } = run;
  const times = { startedAt: t0, finishedAt: t0 + 1 };
  return { seq, lane, bytes, id, attempt, fence, unique, hooked, ...times, outcome, ...change };
}

export async function settle(who: Member, ...settlements: Settlement[]) {
  return one(who.store, { type: "settle", settlements, followers: [] });
}

export const completed: Outcome = { type: "completed", result: undefined };
export const boom = { message: "boom", stack: "boom at x" };
export const failed: Outcome = { type: "failed", error: boom, runAt: t0 + 5_000 };
export const discarded: Outcome = { type: "discarded", reason: "no use", error: boom };
export const snoozed: Outcome = { type: "snoozed", runAt: t0 + 5_000 };
export const stopped: Outcome = { type: "stopped", reason: "halt", error: boom };
export const cancelled: Outcome = { type: "cancelled", reason: "off", error: boom };
export const released: Outcome = { type: "released", entered: false };
export const interrupted: Outcome = { type: "released", entered: true };
/** The death of a job that is not kept. */
export const skipped: Outcome = { ...discarded, skipDead: true };

/** Every outcome there is. */
export const outcomes = {
  ...{ completed, failed, discarded, skipped, snoozed, stopped, cancelled, released },
};

export async function end(who: Member, move: "stop" | "cancel" | "discard", ...ids: string[]) {
  const reason = `${move} it`;
  return (await one(who.store, { type: "end", move, ids, reason, now: t0 + 9 })).ends;
}

export async function retry(who: Member, ...ids: string[]) {
  return (await one(who.store, { type: "retry", ids, now: t0 + 20 })).retries;
}

export async function row(who: { store: JobStore }, id: string): Promise<JobRow> {
  const found = await who.store.read({ type: "job", id });
  assert.ok(found, `there is no job ${id}`);
  return found;
}

/** All jobs, newest first, by walking the pages. */
export async function allRows(store: JobStore, limit = 100): Promise<JobRow[]> {
  const rows: JobRow[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.read({ type: "jobs", filter: {}, cursor, limit });
    rows.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined);
  return rows;
}

/** Everything that must stay as it is where a batch or a move was refused. */
export async function snapshot(who: { store: JobStore }) {
  const rows = await allRows(who.store);
  const executions = await Promise.all(
    rows.map(({ id }) => who.store.read({ type: "executions", id })),
  );
  const queues = await who.store.read({ type: "queues" });
  return { rows, executions, queues };
}

/** Closes a store without a `leave`: to the others its process died. */
export async function kill(who: Member): Promise<void> {
  await who.store.close();
}

export async function rescue(who: Member, now = t0 + hour) {
  return (await one(who.store, { type: "rescue", worker: who.worker, now })).workers;
}
