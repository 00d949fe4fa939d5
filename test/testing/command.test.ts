import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { testRuntime } from "../../actors/testing.ts";
import { silent } from "../actors/kit.ts";
import { lives } from "../command/kit.ts";

const bounded = { timeout: 30_000 };
const hello = defineJob<{ to: string }, { output: string }>("hello", {
  command: 'echo "hi $ERGATE_ARGS"',
});

test(
  "a command runs really, and inline its enqueue resolves once it has ended",
  bounded,
  async () => {
    const runtime = testRuntime({ jobs: [hello], mode: "inline" });
    const { id, state } = await runtime.enqueue(hello, { to: "me" });
    assert.equal(state, "completed");
    const { output } = await runtime.result<{ output: string }>(id);
    assert.equal(output, 'hi {"to":"me"}\n');
    const { items } = await runtime.jobs.logs(id);
    assert.deepEqual(
      items.map(({ at, text }) => [at, text]),
      [[runtime.clock.now(), 'hi {"to":"me"}']],
    );
    await runtime.stop();
  },
);

test("a drain runs a command that waits, and waits for it", bounded, async () => {
  const runtime = testRuntime({
    jobs: [hello],
    commands: { fails: { command: "exit 3" } },
    logger: silent,
  });
  await runtime.enqueue(hello, { to: "me" });
  await runtime.enqueue("fails");
  const { completed, dead, running } = await runtime.drain();
  assert.deepEqual([completed, dead, running], [1, 1, 0]);
  await runtime.stop();
});

test(
  "a command's timeout comes when the clock is moved, and ends its program",
  bounded,
  async () => {
    const slow = defineJob("slow", { command: "echo pids $$; exec sleep 1000", timeout: "1h" });
    const runtime = testRuntime({ jobs: [slow], logger: silent, patience: 300 });
    const { id } = await runtime.enqueue(slow);
    const { dead } = await runtime.advance("2h");
    const { items } = await runtime.jobs.logs(id);
    const pid = Number(items[0]?.text.slice(5));
    await runtime.result(id).catch(() => undefined);
    assert.deepEqual([(await runtime.jobs.get(id))?.state, lives(pid)], ["dead", false]);
    assert.ok(dead <= 1);
    await runtime.stop();
  },
);

test("a stop ends a command that runs, in real time", bounded, async () => {
  const waits = defineJob("waits", { command: "echo pids $$; exec sleep 1000" });
  const runtime = testRuntime({ jobs: [waits], logger: silent, patience: 200 });
  const { id } = await runtime.enqueue(waits);
  await runtime.advance(1);
  const { items } = await runtime.jobs.logs(id);
  await runtime.stop();
  const pid = Number(items[0]?.text.slice(5));
  assert.equal(lives(pid), false);
});
