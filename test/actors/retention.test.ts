import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { limits } from "../../lib/base/limits.ts";
import type { RetentionOptions } from "../../lib/client/options.ts";
import { VirtualClock } from "../../lib/kernel/testkit.ts";
import { advance, bounded, places, silent, started } from "./kit.ts";

const fails = defineJob("fails", {
  maxAttempts: 1,
  run: (text: string) => {
    // Without its stack, whose bytes depend on where the sources lie.
    throw Object.assign(new Error(text), { stack: undefined });
  },
});

const bounds: readonly [what: string, retention: RetentionOptions, text: string][] = [
  ["the count of dead jobs", { dead: { count: 10 } }, ""],
  ["the bytes of finished jobs", { bytes: 19_000 }, "x".repeat(2_000)],
];

/** Each answers within the turns of one move of the clock; the thread has the same engine. */
const { memory, "sqlite inline": inline } = places;

for (const [place, storage] of Object.entries({ memory, "sqlite inline": inline })) {
  for (const [what, retention, text] of bounds) {
    test(`${place}: ${what} near its bound is a warning and an event, once`, bounded, async (t) => {
      const clock = new VirtualClock();
      const warnings: string[] = [];
      const logger = {
        ...silent,
        warn: (_fields: object, line: string) => {
          if (line.includes("90 %")) warnings.push(line);
        },
      };
      const given = { storage: storage(t), clock, logger, retention, jobs: [fails] };
      const runtime = await started(t, given);
      const events = runtime.events({ types: ["retention"] });
      const sweep = () => advance(clock, limits.sweepMs);
      await runtime.enqueue(fails, text);
      await runtime.queues.drain();
      await sweep();
      assert.deepEqual(warnings, []);
      await runtime.enqueueMany(Array.from({ length: 8 }, () => ({ job: fails, args: text })));
      await runtime.queues.drain();
      await sweep();
      const { value } = await events.next();
      assert.deepEqual([value?.id, value?.reason], ["", warnings[0]]);
      assert.match(warnings[0] ?? "", new RegExp(`^${what} reached 90 %`));
      await sweep();
      assert.equal(warnings.length, 1);
    });
  }
}

for (const [place, storage] of Object.entries({ memory, "sqlite inline": inline })) {
  test(`${place}: lines go by the retention of the log, their job stays`, bounded, async (t) => {
    const clock = new VirtualClock();
    const says = defineJob("says", { run: (text: string, ctx) => ctx.log.info(text) });
    const log = { retention: { age: "1h", bytes: 2_000 } };
    const given = { storage: storage(t), clock, log, jobs: [says] };
    const runtime = await started(t, given);
    const texts = async (id: string) => (await runtime.jobs.logs(id)).items.map(({ text }) => text);
    const said = async (text: string) => {
      const { id } = await runtime.enqueue(says, text);
      await runtime.queues.drain();
      assert.deepEqual(await texts(id), [text]);
      return id;
    };
    const old = await said("old");
    await advance(clock, 3_600_000 + limits.sweepMs);
    assert.deepEqual(await texts(old), []);
    const ids = [
      await said("a".repeat(900)),
      await said("b".repeat(900)),
      await said("c".repeat(900)),
    ];
    await advance(clock, limits.sweepMs);
    const lengths = await Promise.all(ids.map(async (id) => (await texts(id)).length));
    assert.deepEqual(lengths, [0, 1, 1]);
    assert.deepEqual(
      (await runtime.logs.search("c*")).items.map(({ jobId }) => jobId),
      [ids[2]],
    );
    assert.equal((await runtime.jobs.get(old))?.state, "completed");
  });
}
