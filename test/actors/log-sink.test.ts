import assert from "node:assert/strict";
import { test } from "node:test";
import { logSinkActor } from "../../actors/log-sink.ts";
import { ErgateError } from "../../lib/base/error.ts";
import { limits } from "../../lib/base/limits.ts";
import { testSystem } from "../../lib/kernel/testkit.ts";
import { LogCollector } from "../../lib/log/collector.ts";
import { Forgets } from "../../lib/log/forgets.ts";
import { openLogStore } from "../../lib/log/store.ts";
import { bounded, silent, turns } from "./kit.ts";

/** A sink over a store in memory whose `forget` fails with what stands in `faults`, in turn. */
function sink(faults: Error[]) {
  const kit = testSystem(1, { hop: () => turns(20) });
  const inner = openLogStore({ file: ":memory:", namespace: "default" });
  const store = {
    ...{ append: inner.append.bind(inner), read: inner.read.bind(inner) },
    search: inner.search.bind(inner),
    ...{ prune: inner.prune.bind(inner), close: inner.close.bind(inner) },
    async forget(ids: readonly string[], at?: number) {
      const fault = faults.shift();
      if (fault !== undefined) throw fault;
      return inner.forget(ids, at);
    },
  };
  const collector = new LogCollector({ clock: kit.clock, wake: () => ref.tell({ type: "lines" }) });
  const forgets = new Forgets();
  const parts = { logger: silent, collector, store, forgets, commitTimeoutMs: 1000 };
  const ref = kit.system.spawn("log-sink", logSinkActor(parts));
  const texts = async (id: string) => (await inner.read({ id })).items.map(({ text }) => text);
  return { ...kit, collector, forgets, ref, texts };
}

test("lines of a deleted job that can't be deleted now are deleted later", bounded, async () => {
  const locked = new ErgateError("ERR_ERGATE_STORE_LOCKED", "locked");
  const { clock, settle, advanceAsync, collector, forgets, ref, texts } = sink([locked, locked]);
  for (const id of ["gone", "kept"]) collector.run(id, 1).info("a line");
  let done = 0;
  void forgets.add(["gone"], clock.now())?.then(() => done++);
  ref.tell({ type: "forget" });
  await settle();
  assert.deepEqual([await texts("gone"), done], [["a line"], 0]);
  await advanceAsync(limits.storeRetryMs);
  assert.deepEqual([await texts("gone"), done], [["a line"], 0]);
  await advanceAsync(2 * limits.storeRetryMs);
  assert.deepEqual([await texts("gone"), await texts("kept"), done], [[], ["a line"], 1]);
});

test("what will never be deleted is given up, and holds up nobody", bounded, async () => {
  const { settle, collector, forgets, ref, texts } = sink([new Error("never")]);
  for (const id of ["stays", "gone"]) collector.run(id, 1).info("a line");
  const done = [forgets.add(["stays"], undefined), forgets.add(["gone"], undefined)];
  ref.tell({ type: "forget" });
  await settle();
  await Promise.all(done);
  assert.deepEqual([await texts("stays"), await texts("gone")], [["a line"], []]);
});

test("past their limit deleted jobs are left to the retention of their lines", () => {
  const forgets = new Forgets();
  const many = Array.from({ length: limits.logForgets }, (_, at) => `${at}`);
  assert.ok(forgets.add(many, undefined) !== undefined);
  assert.equal(forgets.add(["more"], undefined), undefined);
  forgets.done();
  assert.ok(forgets.add(["more"], undefined) !== undefined);
});
