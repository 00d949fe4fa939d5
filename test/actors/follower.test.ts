import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Assembly } from "../../actors/assembly.ts";
import { ErgateError, type Runtime } from "../../actors/index.ts";
import { parseOptions } from "../../actors/options.ts";
import { runtimeOf } from "../../actors/runtime.ts";
import { limits } from "../../lib/base/limits.ts";
import type { Query } from "../../lib/protocol/query.ts";
import type { Write } from "../../lib/protocol/write.ts";
import { memoryStorage } from "../../lib/store/memory/engine.ts";
import type { JobStore } from "../../lib/store/store.ts";
import { bounded, eventually, signal, silent } from "./kit.ts";

interface Following {
  runtime: Runtime;
  /** Another process on the storage. */
  other: JobStore;
  /** What the next reads of changes do in place of it; undefined: as ever. */
  instead: ((read: () => Promise<unknown>) => Promise<unknown>)[];
  errors: string[];
}

/** A runtime whose reads of changed commands can be made to fail. */
async function following(t: TestContext): Promise<Following> {
  const storage = memoryStorage();
  const inner = storage.open();
  const instead: Following["instead"] = [];
  const errors: string[] = [];
  const read = (query: Query) => {
    const answer = () => inner.read(query);
    const way = query.type === "commandChanges" ? instead.shift() : undefined;
    return way === undefined ? answer() : way(answer);
  };
  const store: JobStore = {
    durability: inner.durability,
    read: read as JobStore["read"],
    apply: (batch) => inner.apply(batch),
    watch: (ring) => inner.watch(ring),
    backup: (file) => inner.backup(file),
    close: () => inner.close(),
  };
  const logger = { ...silent, error: (_fields: object, text: string) => void errors.push(text) };
  const options = parseOptions({ storage: ":memory:", logger });
  const runtime = runtimeOf(new Assembly(options, store));
  t.after(() => runtime.stop({ graceMs: 0 }));
  await runtime.start();
  return { runtime, other: storage.open(), instead, errors };
}

const save = (name: string): Write => {
  const spec = JSON.stringify({ command: "true" });
  const common = { name, queue: name, priority: 0, maxAttempts: 1, timeoutMs: undefined };
  const definition = { ...common, crashLimit: 3, unique: undefined, isCommand: true };
  return { type: "saveCommand", command: { name, spec, definition }, now: 0 };
};
const remove = (name: string): Write => ({ type: "removeCommand", name });

async function runs(runtime: Runtime, ...names: string[]): Promise<void> {
  await eventually(
    () => runtime.workers.list(),
    ([worker]) => worker?.jobs.join() === names.join(),
  );
}

test("a follower that crashed reads all anew, and follows on", bounded, async (t) => {
  const { runtime, other, instead, errors } = await following(t);
  await other.apply([save("a"), save("b")]);
  await runs(runtime, "a", "b");
  instead.push(async () => ({ rows: null }));
  await other.apply([remove("a"), save("c")]);
  await runs(runtime, "b", "c");
  assert.match(errors.join(), /commands crashed/);
  await other.apply([save("d")]);
  await runs(runtime, "b", "c", "d");
});

test("a read that fails is tried again, and nothing between is missed", bounded, async (t) => {
  const { runtime, other, instead, errors } = await following(t);
  const full = new ErgateError("ERR_ERGATE_STORE_LOCKED", "as the test says");
  instead.push(() => Promise.reject(full));
  await other.apply([save("a")]);
  await runs(runtime, "a");
  assert.deepEqual(errors, ["stored commands can't be read: as the test says"]);
  await other.apply([remove("a"), save("b")]);
  await runs(runtime, "b");
});

test("what changes while a read is under way is read with the next", bounded, async (t) => {
  const { runtime, other, instead } = await following(t);
  const reading = signal();
  const go = signal();
  instead.push(async (read) => {
    const answer = await read();
    reading.resolve();
    await go.promise;
    return answer;
  });
  await other.apply([save("a")]);
  await reading.promise;
  await other.apply([save("b")]);
  go.resolve();
  await runs(runtime, "a", "b");
});

test("who was away for more removals than are on record reads all anew", bounded, async (t) => {
  const { runtime, other, instead } = await following(t);
  await other.apply([save("gone"), save("stays")]);
  await runs(runtime, "gone", "stays");
  const reading = signal();
  const go = signal();
  instead.push(async (read) => {
    reading.resolve();
    await go.promise;
    return read();
  });
  await other.apply([save("a")]);
  await reading.promise;
  const names = Array.from({ length: limits.removedCommands + 1 }, (_, at) => `c${at}`);
  await other.apply([remove("gone"), ...names.map(save), ...names.map(remove), save("z")]);
  go.resolve();
  await runs(runtime, "a", "stays", "z");
});

test(
  "a command that this machine can't run is told of, and what else there is runs",
  bounded,
  async (t) => {
    const { runtime, other, errors } = await following(t);
    const bad = save("bad") as Extract<Write, { type: "saveCommand" }>;
    const spec = JSON.stringify({ command: "true", limits: { files: 1 } });
    await other.apply([{ ...bad, command: { ...bad.command, spec } }, save("good")]);
    await runs(runtime, "good");
    assert.match(errors.join(), /stored command "bad" can't run here: .*limits\.files/);
  },
);
