import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { test } from "node:test";
import { Assembly } from "../../actors/assembly.ts";
import { defineJob } from "../../actors/index.ts";
import { parseOptions } from "../../actors/options.ts";
import { runtimeOf } from "../../actors/runtime.ts";
import { ErgateError, type ErrorCode } from "../../lib/base/error.ts";
import { VirtualClock } from "../../lib/kernel/testkit.ts";
import { memoryStorage } from "../../lib/store/memory/engine.ts";
import type { JobStore } from "../../lib/store/store.ts";
import { advance, bounded, eventually, made, refuses, turns } from "../actors/kit.ts";
import { call, quiet, served } from "./kit.ts";

const echo = defineJob("echo", { run: (args: unknown) => args });

test("health needs no secret, and the bare path alone", bounded, async (t) => {
  const { port } = await served(t, { secret: "open sesame" });
  const healthy = await call(port, "GET", "/healthz");
  assert.deepEqual([healthy.status, healthy.body], [200, { status: "ok" }]);
  const ready = await call(port, "GET", "/readyz");
  assert.deepEqual([ready.status, ready.body], [200, { ready: true, problems: [] }]);
  assert.equal((await call(port, "GET", "/readyz?all")).status, 401);
});

/** A started runtime on a virtual clock whose commits do what `commit` says before they are made. */
async function over(t: TestContext, commit: () => Promise<void>) {
  const clock = new VirtualClock();
  const inner = memoryStorage().open();
  const store: JobStore = {
    ...{ durability: inner.durability, read: inner.read.bind(inner) },
    ...{ watch: inner.watch.bind(inner), backup: inner.backup.bind(inner) },
    close: () => inner.close(),
    async apply(batch) {
      await commit();
      return inner.apply(batch);
    },
  };
  const options = { storage: ":memory:", clock, jobs: [echo], logger: quiet };
  const runtime = runtimeOf(new Assembly(parseOptions(options), store));
  runtime.failed.catch(() => undefined);
  t.after(() => runtime.stop({ graceMs: 0 }));
  await runtime.start();
  const ready = async () => {
    const answer = await runtime.fetch(new Request("http://localhost/readyz"));
    const { problems } = (await answer.json()) as { problems: string[] };
    return { status: answer.status, problems };
  };
  return { runtime, clock, ready };
}

test("a commit that failed makes it unready, the next one ready again", bounded, async (t) => {
  let fault: ErrorCode | undefined;
  const { runtime, clock, ready } = await over(t, async () => {
    if (fault !== undefined) throw new ErgateError(fault, "as the test says");
  });
  fault = "ERR_ERGATE_STORE_FULL";
  await refuses(runtime.enqueue(echo), "ERR_ERGATE_STORE_FULL");
  assert.deepEqual(await ready(), {
    ...{
      status: 503,
      problems: ["the last commit failed: the disk is full (ERR_ERGATE_STORE_FULL)"],
    },
  });
  assert.equal((await runtime.fetch(new Request("http://localhost/healthz"))).status, 200);
  await advance(clock, 10_000);
  assert.equal((await ready()).status, 503);
  fault = undefined;
  // Nobody enqueues: it looks for work by itself.
  await advance(clock, 10_000);
  assert.deepEqual(await ready(), { status: 200, problems: [] });
});

test("work that waits for a commit makes it unready after 5 s", bounded, async (t) => {
  let gate: Promise<void> | undefined;
  let open: () => void = () => undefined;
  // Before the runtime's own end, which would wait for the store.
  t.after(() => open());
  const { runtime, clock, ready } = await over(t, async () => gate);
  await advance(clock, 60_000);
  assert.equal((await ready()).status, 200);
  gate = new Promise((resolve) => {
    open = resolve;
  });
  const receipt = runtime.enqueue(echo, 1);
  receipt.catch(() => undefined);
  await turns(20);
  await advance(clock, 5_000);
  assert.equal((await ready()).status, 200);
  await advance(clock, 1_000);
  const { status, problems } = await ready();
  assert.equal(status, 503);
  assert.match(problems[0] ?? "", /^no commit succeeded for [67] s, and work waits for one$/);
  gate = undefined;
  open();
  await receipt;
  await turns(20);
  assert.deepEqual(await ready(), { status: 200, problems: [] });
});

test("an actor that waits for its restart makes it unready", bounded, async (t) => {
  let fault: ErrorCode | undefined;
  const { runtime, clock, ready } = await over(t, async () => {
    if (fault !== undefined) throw new ErgateError(fault, "as the test says");
  });
  fault = "ERR_ERGATE_STORE_FAILED";
  await refuses(runtime.enqueue(echo), "ERR_ERGATE_STORE_FAILED");
  const { problems } = await ready();
  assert.ok(problems.includes("the actor root/queue is waiting"), problems.join());
  fault = undefined;
  await advance(clock, 10_000);
  await eventually(ready, ({ status }) => status === 200);
});

test("a runtime is ready before its start, and not from its stop on", bounded, async (t) => {
  const runtime = await made(t);
  assert.deepEqual(runtime.readiness(), { ready: true, problems: [] });
  const stopped = runtime.stop({ graceMs: 0 });
  assert.deepEqual(runtime.readiness(), {
    ...{ ready: false, problems: ["the runtime is stopping or stopped"] },
  });
  await stopped;
});
