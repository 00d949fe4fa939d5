import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob, discard } from "../../actors/index.ts";
import { bounded, eventually, signal } from "../actors/kit.ts";
import { call, served } from "./kit.ts";

const at = "/api/v2/bus";

test("what is published over HTTP is delivered, and counted", bounded, async (t) => {
  const { runtime, port } = await served(t);
  const got = signal<unknown>();
  await runtime.bus.subscribe("paid", { name: "a", run: (data) => got.resolve(data) });
  const post = (body: unknown) => call(port, "POST", at, { body });
  const { status, body } = await post({ event: "paid", data: { order: 7 } });
  assert.deepEqual([status, body.heard, typeof body.revision], [201, true, "number"]);
  assert.deepEqual(await got.promise, { order: 7 });
  assert.equal((await post({ event: "other", data: null })).body.heard, false);
  const stats = await eventually(
    async () => (await call(port, "GET", `${at}/stats`)).body,
    ({ delivered }) => delivered === 1,
  );
  assert.deepEqual([stats.published, stats.unheard], [2, 1]);
  const shown = String((await call(port, "GET", "/metrics")).body.text);
  for (const line of [
    "ergate_bus_published_total 2",
    'ergate_bus_deliveries_total{outcome="delivered"} 1',
    'ergate_bus_deliveries_total{outcome="unheard"} 1',
    "ergate_bus_waiting_messages 0",
    "ergate_bus_letters 0",
  ]) {
    assert.ok(shown.includes(`${line}\n`), line);
  }
  for (const [bad, code] of [
    [{ event: "two words", data: 1 }, 400],
    [{ data: 1 }, 400],
    [{ event: "paid", data: "x".repeat(70_000) }, 413],
  ] as const) {
    assert.equal((await post(bad)).status, code);
  }
});

test("dead letters are listed, tried again and deleted over HTTP", bounded, async (t) => {
  const { runtime, port } = await served(t);
  let isBad = true;
  const run = (data: unknown) => (isBad ? discard(`no ${data}`) : undefined);
  await runtime.bus.subscribe("paid", { name: "a", run });
  for (const n of [1, 2]) await runtime.bus.publish("paid", n);
  const list = async (query = "") =>
    (await call(port, "GET", `${at}/dead${query}`)).body as {
      items: { id: string; data: unknown; error: string }[];
      next?: string;
    };
  const { items } = await eventually(
    () => list(),
    (page) => page.items.length === 2,
  );
  assert.deepEqual(
    items.map(({ data, error }) => [data, error]),
    [
      [2, "no 2"],
      [1, "no 1"],
    ],
  );
  const first = await list("?limit=1");
  const second = await list(`?limit=1&cursor=${first.next}`);
  assert.deepEqual([first.items[0]?.data, second.items[0]?.data], [2, 1]);
  isBad = false;
  const [two, one] = items.map(({ id }) => `${at}/dead/${id}`);
  const asked = [
    await call(port, "POST", `${two}/retry`),
    await call(port, "POST", `${two}/retry`),
    await call(port, "DELETE", String(one)),
    await call(port, "DELETE", String(one)),
  ];
  assert.deepEqual(
    asked.map(({ status, body }) => [status, body.changed]),
    [
      [200, true],
      [200, false],
      [200, true],
      [200, false],
    ],
  );
  await eventually(
    () => runtime.bus.stats(),
    ({ delivered, letters }) => delivered === 1 && letters === 0,
  );
});

test("who may only read publishes nothing and sees no letters", bounded, async (t) => {
  const job = defineJob("empty", { run: () => undefined });
  const secrets = [
    { name: "eyes", secret: "only to read it", rights: "read" },
    { name: "hands", secret: "also to operate", rights: "operate" },
  ] as const;
  const { runtime, port } = await served(t, { secrets }, { jobs: [job] });
  const { id } = await runtime.enqueue(job, {}, { delay: "1h" });
  const as = (secret: string) => ({ authorization: `Harbor-Secret ${secret}` });
  const eyes = as("only to read it");
  const events = [
    ["schedule", { name: "nightly", spec: { every: "1h", job: "empty" } }],
    ["unschedule", { name: "nightly" }],
    ["fire_command", { job: id, command: "cancel" }],
    ["register_hook", { job: id, hook: "http://127.0.0.1/" }],
  ] as const;
  for (const [event, data] of events) {
    const { status } = await call(port, "POST", at, { body: { event, data }, headers: eyes });
    assert.equal(status, 403, event);
  }
  assert.equal((await call(port, "GET", `${at}/dead`, { headers: eyes })).status, 403);
  assert.equal((await call(port, "GET", `${at}/stats`, { headers: eyes })).status, 200);
  const body = { event: "fire_command", data: { job: id, command: "cancel" } };
  const headers = as("also to operate");
  assert.equal((await call(port, "POST", at, { body, headers })).status, 201);
  await eventually(
    () => runtime.jobs.get(id),
    (found) => found?.state === "cancelled",
  );
});
