import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { bounded, newFile } from "../actors/kit.ts";
import { call, served } from "./kit.ts";

const jobs = [defineJob("echo", { run: (args: unknown) => args })];
const path = "/api/v2/jobs";
const body = { job: "echo", args: { a: 1, b: 2 }, delay: "1h", tags: ["red"] };

function keyed(port: number, key: string, sent: object) {
  return call(port, "POST", path, { body: sent, headers: { "idempotency-key": key } });
}

test(
  "a request that is sent again with its key is one job, also after a restart",
  bounded,
  async (t) => {
    const storage = newFile(t);
    const { runtime, port } = await served(t, {}, { jobs, storage });
    const [first, second] = await Promise.all([keyed(port, "k1", body), keyed(port, "k1", body)]);
    assert.deepEqual([first.status, first.body.disposition], [201, "created"]);
    assert.deepEqual(second.body, first.body);
    const turned = { ...body, args: { b: 2, a: 1 } };
    assert.deepEqual((await keyed(port, "k1", turned)).body, first.body);
    const other = await keyed(port, "k2", body);
    assert.notEqual(other.body.id, first.body.id);
    await runtime.stop({ graceMs: 0 });
    const again = await served(t, {}, { jobs, storage });
    assert.deepEqual((await keyed(again.port, "k1", body)).body, first.body);
    assert.equal(await again.runtime.jobs.count(), 2);
  },
);

test(
  "a key that was used for another request is refused with 422 and its job",
  bounded,
  async (t) => {
    const { runtime, port } = await served(
      t,
      {},
      { jobs: [...jobs, defineJob("other", { run() {} })] },
    );
    const { id } = (await keyed(port, "k1", body)).body;
    for (const change of [
      { args: 2 },
      { job: "other" },
      { priority: 5 },
      { queue: "slow" },
      { maxAttempts: 9 },
      { tags: [] },
      { tags: ["blue"] },
      ...[{ delay: "2h" }, { timeout: "5s" }, { unique: true }, { delay: undefined }],
      { delay: undefined, runAt: Date.UTC(2099, 0) },
      { hook: "http://127.0.0.1:1/" },
    ]) {
      const { status, body: fault } = await keyed(port, "k1", { ...body, ...change });
      assert.deepEqual(
        [status, fault.err, fault.id],
        [422, "ERR_ERGATE_HTTP_KEY", id],
        JSON.stringify(change),
      );
    }
    assert.equal(await runtime.jobs.count(), 1);
  },
);

test("a key must be one, and the only name", bounded, async (t) => {
  const { port } = await served(t, {}, { jobs });
  const paths = [
    (await keyed(port, "k".repeat(256), body)).body.path,
    (await keyed(port, "k1", { ...body, id: "mine" })).body.path,
  ];
  assert.deepEqual(paths, ["Idempotency-Key", "body.id"]);
});

test("a batch that is sent again with its key is enqueued once", bounded, async (t) => {
  const storage = newFile(t);
  const { runtime, port } = await served(t, {}, { jobs, storage });
  const send = (to: number, all: object[]) =>
    call(to, "POST", `${path}/batch`, {
      body: { jobs: all },
      headers: { "idempotency-key": "k1" },
    });
  const all = [body, { ...body, args: 2 }];
  const [first, second] = await Promise.all([send(port, all), send(port, all)]);
  assert.deepEqual([first.status, first.body], [201, second.body]);
  const [{ id }] = first.body.items as [{ id: string }];
  const refused = async (to: number, other: object[]) => {
    const got = await send(to, other);
    assert.deepEqual([got.status, got.body.id], [422, id]);
  };
  await refused(port, [body, { ...body, args: 2, delay: "2h" }]);
  await refused(port, [...all].reverse());
  assert.equal((await keyed(port, "k1", body)).status, 422);
  await runtime.stop({ graceMs: 0 });
  const again = await served(t, {}, { jobs, storage });
  await refused(again.port, [...all, body]);
  await refused(again.port, all.slice(0, 1));
  await refused(again.port, [{ ...body, args: 3 }, body]);
  assert.deepEqual((await send(again.port, all)).body, first.body);
  assert.equal(await again.runtime.jobs.count(), 2);
});

test("of two requests at once with one key and other bodies one is refused", bounded, async (t) => {
  const { runtime, port } = await served(t, {}, { jobs });
  const sent = ["1h", "2h", "3h"].map((delay) => keyed(port, "k1", { ...body, delay }));
  const statuses = (await Promise.all(sent)).map(({ status }) => status).sort();
  assert.deepEqual(statuses, [201, 422, 422]);
  assert.equal(await runtime.jobs.count(), 1);
});

test(
  "a key whose request was refused may be used again, and one whose job is gone",
  bounded,
  async (t) => {
    const { runtime, port } = await served(t, {}, { jobs });
    assert.equal((await keyed(port, "k1", { job: "nobody" })).status, 400);
    const { status, body: receipt } = await keyed(port, "k1", body);
    assert.equal(status, 201);
    await runtime.jobs.delete(String(receipt.id));
    assert.equal((await keyed(port, "k1", { ...body, delay: "2h" })).status, 201);
  },
);

test("what is nested as deep as a body can be is refused, with a key, too", bounded, async (t) => {
  const { port } = await served(t, {}, { jobs });
  const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
  const headers = { "idempotency-key": "k1" };
  for (const [at, sent] of [
    [path, `{"job":"echo","args":${deep}}`],
    [path, `{"job":"echo","unique":{"by":${deep}}}`],
    [`${path}/batch`, `{"jobs":[{"job":"echo","args":${deep}}]}`],
  ] as const) {
    const { status, body: fault } = await call(port, "POST", at, { body: sent, headers });
    assert.deepEqual([status, fault.err], [400, "ERR_ERGATE_PAYLOAD_JSON"]);
  }
});
