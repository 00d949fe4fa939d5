import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { limits } from "../../lib/base/limits.ts";
import type { CheckedFilter } from "../../lib/job/filter.ts";
import { type FileOptions, openFileReader } from "../../lib/store/sqlite/file.ts";
import { openSqlite } from "../../lib/store/sqlite/store.ts";
import type { JobStore } from "../../lib/store/store.ts";
import { enqueue, job, one, t0 } from "./kit.ts";

/** Listings of more rows than one read may look at. */

const count = limits.scanRows + 2_000;
const rare = 7;

/** Jobs of which one in 1 714 has another name and a tag, the newest and the oldest among them. */
async function filled(t: TestContext): Promise<{ store: JobStore; options: FileOptions }> {
  const folder = mkdtempSync(join(tmpdir(), "ergate-listing-"));
  const options = { file: join(folder, "jobs.db"), durability: "memory", namespace: "n" } as const;
  const store = await openSqlite({ ...options, place: "inline" });
  t.after(async () => {
    await store.close();
    rmSync(folder, { recursive: true });
  });
  for (let from = 0; from < count; from += 1_000) {
    const jobs = Array.from({ length: Math.min(1_000, count - from) }, (_, at) =>
      newJob(from + at),
    );
    await enqueue(store, jobs);
  }
  return { store, options };
}

function newJob(at: number) {
  const isRare = at % Math.floor(count / (rare - 1)) === 0 || at === count - 1;
  return job(`id-${at}`, isRare ? { name: "rare", tags: ["red"] } : {});
}

async function discardAll(store: JobStore): Promise<void> {
  for (let from = 0; from < count; from += 500) {
    const ids = Array.from({ length: 500 }, (_, at) => `id-${from + at}`);
    const now = t0 + from;
    await one(store, { type: "end", move: "discard", ids, reason: `no user ${from}`, now });
  }
}

async function walk(store: JobStore, filter: CheckedFilter, limit: number): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.read({ type: "ids", filter, cursor, limit });
    ids.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined);
  return ids;
}

test("what few of many rows have is found whole, and no read looks at more than it may", async (t) => {
  const { store, options } = await filled(t);
  const wanted = Array.from({ length: count }, (_, at) => newJob(at))
    .filter(({ name }) => name === "rare")
    .map(({ id }) => id)
    .reverse();
  for (const filter of [{ name: "rare" }, { tag: "red" }, { name: "rare", tag: "red" }]) {
    for (const limit of [3, 100]) assert.deepEqual(await walk(store, filter, limit), wanted);
    assert.equal(await store.read({ type: "count", filter }), wanted.length);
  }
  const reader = openFileReader(options);
  const query = { type: "ids", filter: { tag: "red" }, cursor: undefined, limit: 100 } as const;
  const slice = reader.read(query) as { items: string[]; next: string | undefined };
  reader.close();
  assert.deepEqual(slice.items, wanted.slice(0, slice.items.length));
  assert.ok(slice.items.length < wanted.length && slice.next !== undefined);
});

test("the dead are walked and grouped a slice at a time, to the last", async (t) => {
  const { store, options } = await filled(t);
  await discardAll(store);
  const filter = { state: "dead" } as const;
  assert.equal((await walk(store, filter, 1_000)).length, count);
  const last = await store.read({ type: "ids", filter, cursor: undefined, limit: 1 });
  assert.deepEqual(last.items, [`id-${count - 1}`]);
  const { items, next } = await store.read({ type: "groups", filter, cursor: undefined });
  assert.equal(next, undefined);
  assert.deepEqual(
    items.map(({ count, newestId, newestAt, oldestAt }) => [count, newestId, newestAt, oldestAt]),
    [[count, `id-${count - 1}`, t0 + count - 500, t0]],
  );
  const reader = openFileReader(options);
  const slice = reader.read({ type: "groups", filter, cursor: undefined }) as { seen: number };
  // A time far back is found by the index: nothing newer is looked at.
  const back = { ...filter, until: t0 + 500 };
  const query = { type: "ids", filter: back, cursor: undefined, limit: 100 } as const;
  const page = reader.read(query) as { items: string[] };
  reader.close();
  assert.equal(page.items.length, 100);
  assert.equal(slice.seen, limits.scanRows);
  assert.equal((await walk(store, back, 100)).length, 500);
  assert.equal(await store.read({ type: "count", filter: back }), 500);
});
