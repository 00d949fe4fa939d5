import assert from "node:assert/strict";
import { test } from "node:test";
import { bounded } from "../actors/kit.ts";
import { call, served } from "./kit.ts";
import { echo, generic, jobservice, statsIn } from "./v1-kit.ts";

const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
const traced = { traceparent, tracestate: "a=1" };

test("a job goes on the trace of the request that made it", bounded, async (t) => {
  const { port, runtime } = await served(t, {}, { jobs: [echo] });
  const meta = async (body: object, headers: Record<string, string>) => {
    const { body: receipt } = await call(port, "POST", "/api/v2/jobs", { body, headers });
    return (await runtime.jobs.get(String(receipt.id)))?.meta;
  };
  const plain = { job: "echo", args: 1 };
  assert.deepEqual(await meta(plain, traced), traced);
  assert.deepEqual(await meta({ ...plain, meta: { own: "x" } }, traced), { ...traced, own: "x" });
  assert.deepEqual(await meta({ ...plain, meta: { traceparent: "mine" } }, traced), {
    traceparent: "mine",
  });
  assert.deepEqual(await meta(plain, { traceparent: "00-0-0-0" }), {});
  const large = { traceparent, tracestate: "a".repeat(600) };
  assert.deepEqual(await meta(plain, large), { traceparent });
});

test("a request that is sent again by its key may be of another trace", bounded, async (t) => {
  const { port, runtime } = await served(t, {}, { jobs: [echo] });
  const send = (headers: Record<string, string>) =>
    call(port, "POST", "/api/v2/jobs", {
      body: { job: "echo", args: 1 },
      headers: { "idempotency-key": "once", ...headers },
    });
  const first = await send(traced);
  const other = await send({ traceparent: traceparent.replace("0af", "1af") });
  assert.deepEqual([other.status, other.body.id], [201, first.body.id]);
  assert.deepEqual((await runtime.jobs.get(String(first.body.id)))?.meta, traced);
});

test("the jobservice's submissions go on a trace, too", bounded, async (t) => {
  const { port, runtime } = await served(t, {}, { jobs: [echo] });
  const sent = { body: { job: generic("echo") }, headers: traced };
  const { id } = statsIn(await call(port, "POST", "/api/v1/jobs", sent));
  assert.equal((await runtime.jobs.get(id))?.meta.traceparent, traceparent);
  await runtime.result(id);
  assert.equal(await jobservice(port).status(id), "Success");
});
