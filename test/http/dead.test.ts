import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { bounded } from "../actors/kit.ts";
import { call, served } from "./kit.ts";

const failing = defineJob("failing", {
  maxAttempts: 1,
  run(why: string) {
    throw new Error(why);
  },
});
const waiting = defineJob("waiting", { run: () => undefined });

async function withDead(t: Parameters<typeof served>[0]) {
  const { runtime, port } = await served(t, {}, { jobs: [failing, waiting] });
  for (const why of ["no network", "no network", "no user"]) {
    await runtime.enqueue(failing, why, { tags: [why.slice(3)] });
  }
  const { id: other } = await runtime.enqueue(waiting, null, { delay: "1h" });
  await runtime.queues.drain("failing");
  const get = async (path: string) => (await call(port, "GET", `/api/v2/dead${path}`)).body;
  const post = (path: string, body?: object) => call(port, "POST", `/api/v2/dead${path}`, { body });
  return { runtime, get, post, other };
}

test("the dead are listed page by page, counted and grouped by error", bounded, async (t) => {
  const { get, other } = await withDead(t);
  assert.deepEqual(await get("/count"), { count: 3 });
  assert.deepEqual(await get("/count?tag=user"), { count: 1 });
  const first = (await get("?limit=2")) as { items: { id: string; state: string }[]; next: string };
  const rest = (await get(`?limit=2&cursor=${first.next}`)) as typeof first;
  const all = [...first.items, ...rest.items];
  assert.deepEqual([first.items.length, rest.items.length, rest.next], [2, 1, undefined]);
  assert.ok(all.every(({ id, state }) => state === "dead" && id !== other));
  const { items: groups } = (await get("/errors")) as { items: { count: number }[] };
  assert.deepEqual(groups.map(({ count }) => count).sort(), [1, 2]);
  assert.equal((await get("?state=available")).path, "state");
});

test("all of the dead, or those of a filter, are retried and deleted", bounded, async (t) => {
  const { runtime, get, post, other } = await withDead(t);
  await runtime.queues.pause("failing");
  const { items } = (await get("/errors")) as { items: { count: number; fingerprint: string }[] };
  const error = items.find(({ count }) => count === 2)?.fingerprint;
  assert.deepEqual((await post("/retry", { error })).body, { count: 2, taken: [] });
  assert.deepEqual(await get("/count"), { count: 1 });
  assert.deepEqual((await post("/delete", { tag: "nobody" })).body, { count: 0 });
  assert.equal((await post("/delete", { state: "available" })).status, 400);
  assert.deepEqual((await post("/delete")).body, { count: 1 });
  assert.equal(await runtime.jobs.count({ state: "available" }), 2);
  assert.equal((await runtime.jobs.get(other))?.state, "scheduled");
});
