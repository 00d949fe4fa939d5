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
