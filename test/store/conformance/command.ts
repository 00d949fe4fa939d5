import assert from "node:assert/strict";
import { limits } from "../../../lib/base/limits.ts";
import type { CommandRow, SavedCommand } from "../../../lib/protocol/command.ts";
import type { JobStore } from "../../../lib/store/store.ts";
import { add, caseList, claim, definition, type Member, member, one, t0 } from "../kit.ts";

/** Stored commands: their rows, their revisions, and what code declares. */
const { cases, check } = caseList();
export const commandCases = cases;

function saved(name: string, spec: string, concurrency = 1): SavedCommand {
  return { name, spec, definition: definition(name, { isCommand: true, concurrency }) };
}

const save = ({ store }: { store: JobStore }, ...command: Parameters<typeof saved>) =>
  one(store, { type: "saveCommand", command: saved(...command), now: t0 });
const remove = async ({ store }: { store: JobStore }, name: string) =>
  (await one(store, { type: "removeCommand", name })).removed;
const declare = async ({ store }: { store: JobStore }, ...commands: SavedCommand[]) =>
  (await one(store, { type: "declareCommands", commands, now: t0 })).taken;
const since = ({ store }: { store: JobStore }, revision: number, limit = 99) =>
  store.read({ type: "commandChanges", since: revision, limit });

async function specs(who: Member): Promise<Record<string, string>> {
  const { items } = await who.store.read({ type: "commands", cursor: undefined, limit: 99 });
  return Object.fromEntries(items.map(({ name, spec }) => [name, spec]));
}

check("a save answers with what was before, and makes the name known to all", async (storage) => {
  const who = await member(storage, "a");
  assert.deepEqual(await save(who, "c", "1"), { type: "saved", previous: undefined });
  assert.deepEqual(await save(who, "c", "2"), { type: "saved", previous: "1" });
  const other = await storage.open();
  const view = await other.read({ type: "command", name: "c" });
  assert.deepEqual([view?.spec, view?.declared, view?.running], ["2", undefined, 0]);
  const known = await other.read({ type: "definition", name: "c" });
  assert.deepEqual([known?.isCommand, known?.concurrency], [true, 1]);
  assert.equal(await remove(who, "c"), true);
  assert.equal(await remove(who, "c"), false);
  assert.equal(await other.read({ type: "command", name: "c" }), undefined);
  assert.equal(await other.read({ type: "definition", name: "c" }), undefined);
  assert.deepEqual(await save(who, "c", "3"), { type: "saved", previous: undefined });
});

check("whoever follows sees each change once, in order, removals too", async (storage) => {
  const who = await member(storage, "a");
  for (const name of ["b", "a", "c"]) await save(who, name, "1");
  const first = await since(who, 0, 2);
  assert.deepEqual([first.rows.map(({ name }) => name), first.live], [["b", "a"], 3]);
  const seen = first.rows.at(-1)?.revision ?? 0;
  await save(who, "b", "2");
  await remove(who, "a");
  const rest = await since(who, seen);
  const shown = ({ name, spec }: CommandRow) => [name, spec];
  assert.deepEqual(rest.rows.map(shown), [
    ["c", "1"],
    ["b", "2"],
    ["a", undefined],
  ]);
  assert.equal(rest.live, 2);
  const revisions = rest.rows.map(({ revision }) => revision);
  assert.deepEqual(
    revisions,
    [...revisions].sort((one, other) => one - other),
  );
  assert.deepEqual((await since(who, revisions.at(-1) ?? 0)).rows, []);
});

check("a page of commands goes on by its cursor, by name", async (storage) => {
  const who = await member(storage, "a");
  for (const name of ["d", "b", "a", "c"]) await save(who, name, "1");
  await remove(who, "c");
  const read = (cursor?: string) => who.store.read({ type: "commands", cursor, limit: 2 });
  const first = await read();
  assert.deepEqual(
    first.items.map(({ name }) => name),
    ["a", "b"],
  );
  const rest = await read(first.next);
  assert.deepEqual([rest.items.map(({ name }) => name), rest.next], [["d"], undefined]);
});

check("the commands of another namespace are invisible", async (storage) => {
  const who = await member(storage, "a");
  const other = await member(storage, "b", { namespace: "other" });
  await save(who, "c", "1");
  assert.deepEqual(await specs(other), {});
  assert.deepEqual(await since(other, 0), { rows: [], live: 0 });
  assert.equal(await remove(other, "c"), false);
  assert.deepEqual(await declare(other), []);
  assert.deepEqual(await specs(who), { c: "1" });
});

check(
  "a name that a live worker's own job has is taken, until the worker is gone",
  async (storage) => {
    const who = await member(storage, "a", { definitions: [definition("mail")], jobs: ["mail"] });
    const other = await member(storage, "b", { jobs: [] });
    assert.deepEqual(await save(other, "mail", "1"), { type: "taken" });
    assert.deepEqual(await declare(other, saved("mail", "1"), saved("c", "1")), ["mail"]);
    assert.deepEqual(await specs(who), { c: "1" });
    await one(who.store, { type: "leave", worker: who.worker, now: t0 });
    assert.deepEqual(await save(other, "mail", "1"), { type: "saved", previous: undefined });
  },
);

check("a removed name that workers still run can be saved again", async (storage) => {
  const who = await member(storage, "a");
  await save(who, "c", "1");
  await one(who.store, { type: "declare", definitions: [], jobs: ["c"], now: t0 });
  await remove(who, "c");
  assert.deepEqual(await save(who, "c", "2"), { type: "saved", previous: undefined });
});

check("a declaration that says what it said changes nothing", async (storage) => {
  const who = await member(storage, "a");
  await declare(who, saved("a", "1"), saved("b", "1"), saved("c", "1"));
  const before = await since(who, 0);
  await declare(who, saved("a", "1"), saved("b", "1"), saved("c", "1"));
  assert.deepEqual(await since(who, 0), before);
  await save(who, "a", "hand");
  await save(who, "own", "hand");
  await remove(who, "b");
  await declare(who, saved("a", "1"), saved("b", "1"), saved("c", "2"));
  assert.deepEqual(await specs(who), { a: "hand", c: "2", own: "hand" });
  await declare(who, saved("b", "2"));
  assert.deepEqual(await specs(who), { b: "2", own: "hand" });
  await declare(who);
  assert.deepEqual(await specs(who), { own: "hand" });
  await declare(who, saved("a", "1"));
  assert.deepEqual(await specs(who), { a: "1", own: "hand" });
});

check(
  "a command's concurrency holds from its commit on, and is counted in its view",
  async (storage) => {
    const who = await member(storage, "a");
    await save(who, "mail", "1");
    await add(who.store, "one", "two", "three");
    assert.equal((await claim(who)).length, 1);
    const view = await who.store.read({ type: "command", name: "mail" });
    assert.equal(view?.running, 1);
    await save(who, "mail", "1", 2);
    assert.equal((await claim(who)).length, 1);
    assert.deepEqual(await claim(who), []);
  },
);

check("of removed commands only the newest are on record", async (storage) => {
  const who = await member(storage, "a");
  const count = limits.removedCommands + 2;
  await who.store.apply(
    Array.from({ length: count }, (_, at) => {
      return { type: "saveCommand", command: saved(`c${at}`, "1"), now: t0 } as const;
    }),
  );
  await save(who, "stays", "1");
  await who.store.apply(
    Array.from({ length: count }, (_, at) => ({ type: "removeCommand", name: `c${at}` }) as const),
  );
  const { rows, live } = await since(who, 0, count * 2);
  assert.deepEqual([rows.length, live], [limits.removedCommands + 1, 1]);
  assert.deepEqual(
    rows.slice(0, 2).map(({ name }) => name),
    ["stays", "c2"],
  );
});
