import assert from "node:assert/strict";
import { test } from "node:test";
import { logSinkActor } from "../../actors/log-sink.ts";
import { limits } from "../../lib/base/limits.ts";
import { testSystem } from "../../lib/kernel/testkit.ts";
import type { LogChunk } from "../../lib/log/chunk.ts";
import { LogCollector } from "../../lib/log/collector.ts";
import { Forgets } from "../../lib/log/forgets.ts";
import { openLogStore } from "../../lib/log/store.ts";
import { bounded, silent, turns } from "./kit.ts";

/** A sink on a virtual clock, over a store that notes what it got and how old that was. */
function noted() {
  const kit = testSystem(1, { hop: () => turns(8) });
  const inner = openLogStore({ file: ":memory:", namespace: "default" });
  const batches: { lines: number; ageMs: number }[] = [];
  const store = {
    ...{ read: inner.read.bind(inner), search: inner.search.bind(inner) },
    ...{ forget: inner.forget.bind(inner), prune: inner.prune.bind(inner) },
    close: inner.close.bind(inner),
    async append(chunks: readonly LogChunk[]) {
      for (const { lines, at } of chunks) batches.push({ lines, ageMs: kit.clock.now() - at });
      await inner.append(chunks);
    },
  };
  const collector = new LogCollector({ clock: kit.clock, wake: () => ref.tell({ type: "lines" }) });
  const retention = { ageMs: Number.POSITIVE_INFINITY, bytes: Number.POSITIVE_INFINITY };
  const parts = { collector, store, forgets: new Forgets(), retention, logger: silent };
  const sink = logSinkActor({ ...parts, commitTimeoutMs: limits.logCommitMs });
  const ref = kit.system.spawn("log-sink", sink);
  return { ...kit, collector, batches, store };
}

test(
  "10 000 lines a second are stored by hundreds, none missing and none waiting long",
  bounded,
  async () => {
    const { advanceAsync, collector, batches, store } = noted();
    const runs = Array.from({ length: 10 }, (_, at) => collector.run(`job ${at}`, 1));
    for (let ms = 0; ms < 500; ms++) {
      for (const run of runs) run.info(`line ${ms}`);
      await advanceAsync(1);
    }
    await advanceAsync(limits.logCommitMs);
    for (const { id } of runs) {
      const found = await store.read({ id, limit: 1000 });
      assert.deepEqual(
        found.items.map(({ text }) => text),
        Array.from({ length: 500 }, (_, ms) => `line ${ms}`),
      );
    }
    assert.ok(batches.every(({ lines }) => lines <= limits.logBatchLines));
    assert.ok(Math.max(...batches.map(({ ageMs }) => ageMs)) <= 20);
  },
);

test(
  "a burst of one run is stored by hundreds, too, and a trickle within a second",
  bounded,
  async () => {
    const { advanceAsync, collector, batches } = noted();
    const run = collector.run("j", 1);
    for (let at = 0; at < 950; at++) run.info(`line ${at}`);
    await advanceAsync(limits.logCommitMs);
    assert.deepEqual(
      batches.map(({ lines }) => lines),
      [...Array(9).fill(100), 50],
    );
    batches.length = 0;
    for (let at = 0; at < 100; at++) {
      run.info(`drop ${at}`);
      await advanceAsync(170);
    }
    await advanceAsync(limits.logCommitMs);
    assert.equal(
      batches.reduce((sum, { lines }) => sum + lines, 0),
      100,
    );
    assert.ok(batches.length < 20, `${batches.length} commits`);
    assert.ok(batches.every(({ ageMs }) => ageMs <= limits.logCommitMs));
  },
);
