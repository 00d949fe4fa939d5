import { join } from "node:path";
import { systemClock } from "../lib/base/clock.ts";
import { openForWriting } from "../lib/store/sqlite/open.ts";
import { openSqlite } from "../lib/store/sqlite/store.ts";
import type { JobStore } from "../lib/store/store.ts";
import { median } from "./figures.ts";
import { type Benchmark, column, compare, type Figures } from "./harness.ts";

interface Input {
  dead: number;
  /** The page that is compared with the first one. */
  page: number;
  samples: number;
}

export const deadList: Benchmark<Input> = {
  name: "dead-list",
  question: "does a late page of the dead cost more than the first?",
  sides: { pages },
  async run(bench) {
    const dead = bench.size(1_000_000, 200_000, 2_000);
    const page = bench.size(1_000, 1_000, 10);
    const input = { dead, page, samples: bench.size(100, 50, 3) };
    const [figures] = await bench.interleave([["pages", input]]);
    return [
      compare(bench.scale, {
        name: "dead list",
        settings: { dead, page, rows: pageRows, cache: "warm" },
        unit: "ms",
        against: "page 1 of the same",
        value: column(figures, "lateMs"),
        limit: column(figures, "firstMs"),
        most: 1.5,
      }),
    ];
  },
};

const pageRows = 100;

/** Whole jobs with their errors, through the store in this thread; the two pages in turn. */
async function pages({ dead, page, samples }: Input, folder: string): Promise<Figures> {
  const file = join(folder, "dead.db");
  await open(file).then((store) => store.close());
  build(file, dead);
  const store = await open(file);
  const late = await cursorBefore(store, page);
  const firstMs: number[] = [];
  const lateMs: number[] = [];
  for (let round = -warmUp; round < samples; round++) {
    const first = await readMs(store, undefined);
    const then = await readMs(store, late);
    if (round < 0) continue;
    firstMs.push(first);
    lateMs.push(then);
  }
  await store.close();
  return { firstMs: median(firstMs), lateMs: median(lateMs) };
}

const warmUp = 3;
const filter = { state: "dead" } as const;

async function readMs(store: JobStore, cursor: string | undefined): Promise<number> {
  const started = systemClock.monotonic();
  const { items } = await store.read({ type: "jobs", filter, cursor, limit: pageRows });
  if (items.length !== pageRows) throw new Error(`a page had ${items.length} jobs`);
  return systemClock.monotonic() - started;
}

/** The cursor that a user has who read all pages before this one. */
async function cursorBefore(store: JobStore, page: number): Promise<string | undefined> {
  let cursor: string | undefined;
  for (let at = 1; at < page; at++) {
    cursor = (await store.read({ type: "ids", filter, cursor, limit: pageRows })).next;
  }
  return cursor;
}

function open(file: string): Promise<JobStore> {
  return openSqlite({ file, durability: "wal", namespace: "default", place: "inline" });
}

/** A million rows in seconds: one statement a table, no fsync, beside the store. */
function build(file: string, dead: number): void {
  const now = systemClock.now();
  const { db } = openForWriting(file, "memory", now);
  db.exec("BEGIN IMMEDIATE");
  db.prepare(insertDead).run({ dead, now });
  db.prepare(insertAttempts).run({ dead, now });
  db.prepare("INSERT INTO queues (namespace, name) VALUES (1, 'noop')").run();
  db.prepare(insertLane).run(dead);
  db.prepare("INSERT INTO counters (name, value) VALUES ('seq', ?)").run(dead);
  db.exec("COMMIT");
  db.close();
}

const numbers =
  "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < $dead)";
const insertLane =
  "INSERT INTO lanes (key, namespace, queue, name, dead) VALUES (1, 1, 'noop', 'noop', ?)";
/** They end in another order than they came in. */
const insertDead = `
${numbers}
INSERT INTO jobs (seq, namespace, id, lane, state, priority, run_at, attempt, max_attempts,
  created_at, args, started_at, finished_at, reason, fingerprint)
SELECT n, 1, printf('%026d', n), 1, 'dead', 0, $now, 1, 1, $now,
  printf('{"to":"a@b.c","n":%d}', n), $now, $now + (n * 7919) % $dead, printf('no user %d', n),
  '0123456789ab'
FROM numbers`;
const insertAttempts = `
${numbers}
INSERT INTO attempts (job, number, attempt, outcome, started_at, finished_at, worker, message,
  stack, fingerprint)
SELECT n, 1, 1, 'discarded', $now, $now, 'bench', printf('no user %d', n),
  'Error: no user' || char(10) || '    at send (/app/mail.ts:1:1)', '0123456789ab'
FROM numbers`;
