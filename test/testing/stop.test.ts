import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { defineJob } from "../../actors/index.ts";
import { bounded, newFile, refuses, signal } from "../actors/kit.ts";
import { abortOf, made, outcomes } from "./kit.ts";

test("a stop plays its grace in virtual time", bounded, async (t) => {
  const heard: [string, number][] = [];
  const runtime = made(t, {
    patience: 1,
    jobs: [
      defineJob("polite", {
        async run(_args, ctx) {
          const from = runtime.clock.now();
          const stopping = abortOf(ctx.stopping);
          await stopping;
          heard.push(["stopping", runtime.clock.now() - from]);
          await abortOf(ctx.signal);
          heard.push(["signal", runtime.clock.now() - from]);
          throw ctx.signal.reason;
        },
      }),
      defineJob("deaf", { run: () => new Promise(() => {}) }),
    ],
  });
  await runtime.enqueue("polite");
  await runtime.enqueue("deaf");
  assert.deepEqual(await runtime.advance(0), outcomes({ running: 2 }));
  const from = runtime.clock.now();
  await runtime.stop({ graceMs: "20s" });
  assert.deepEqual(heard, [
    ["stopping", 0],
    ["signal", 15_000],
  ]);
  assert.equal(runtime.clock.now() - from, 20_000);
  assert.deepEqual(
    runtime.enqueued().map(({ state, attempt }) => [state, attempt]),
    [
      ["available", 0],
      ["available", 0],
    ],
  );
});

test("a stop waits for what can end, without moving the clock", bounded, async (t) => {
  const entered = signal();
  const let_go = signal();
  const gated = defineJob("gated", {
    run() {
      entered.resolve();
      return let_go.promise;
    },
  });
  const runtime = made(t, { jobs: [gated] });
  await runtime.enqueue(gated);
  const drained = runtime.drain();
  await entered.promise;
  const from = runtime.clock.now();
  const stopped = runtime.stop();
  let_go.resolve();
  await stopped;
  assert.deepEqual(await drained, outcomes({ completed: 1 }));
  assert.equal(runtime.clock.now(), from);
});

test(
  "a stopped runtime says so; a second stop, or one before any start, is fine",
  bounded,
  async (t) => {
    const runtime = made(t, { jobs: [defineJob("note", { run: () => undefined })] });
    await runtime.stop();
    await runtime.stop();
    await refuses(runtime.enqueue("note"), "ERR_ERGATE_STOPPED");
    await refuses(runtime.drain(), "ERR_ERGATE_STOPPED");
    await refuses(runtime.advance(1), "ERR_ERGATE_STOPPED");
    const used = made(t, { jobs: [defineJob("note", { run: () => undefined })] });
    await used.enqueue("note");
    await used.drain();
    await used[Symbol.asyncDispose]();
    assert.equal(used.enqueued("note")[0]?.state, "completed");
  },
);

test("a process that forgets to stop ends by itself, and leaves no file", bounded, async (t) => {
  const folder = fileURLToPath(new URL("./", `file://${newFile(t)}`));
  const entry = fileURLToPath(new URL("./fixture/forgetful.ts", import.meta.url));
  const before = readdirSync(folder);
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [entry], { cwd: folder });
  assert.equal(stderr, "");
  assert.deepEqual(JSON.parse(stdout), {
    states: ["retryable", "scheduled", "completed"],
    left: [],
  });
  assert.deepEqual(readdirSync(folder), before);
});
