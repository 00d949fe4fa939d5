import assert from "node:assert/strict";
import { caseList, claim, claimFor, claimOne, demand, enqueue, job, member } from "../kit.ts";

/** How the slots are shared between queues. */
const { cases, check } = caseList();
export const fairCases = cases;

check("queues share the slots, and leave what they don't need", async (storage) => {
  const who = await member(storage, "a");
  const many = (queue: string, count: number) =>
    Array.from({ length: count }, (_, at) => job(`${queue}${at}`, { queue }));
  await enqueue(who.store, [...many("a", 20), ...many("b", 20), ...many("c", 2)]);
  const got = await claim(who, 12);
  const count = (queue: string) => got.filter((run) => run.queue === queue).length;
  assert.deepEqual([count("a"), count("b"), count("c")], [5, 5, 2]);
});

check("with one slot at a time no queue starves", async (storage) => {
  const who = await member(storage, "a");
  const queues = ["a", "b", "c"];
  const jobs = queues.flatMap((queue) => [1, 2, 3].map((n) => job(`${queue}${n}`, { queue })));
  await enqueue(who.store, jobs);
  const got: string[] = [];
  for (let turn = 0; turn < 6; turn++) got.push((await claimOne(who)).queue);
  for (const queue of queues) assert.equal(got.filter((one) => one === queue).length, 2);
});

check("two demands in one claim don't take each other's turns", async (storage) => {
  const who = await member(storage, "a");
  const names = [
    ["a", "b"],
    ["c", "d"],
  ] as const;
  const jobs = names.flat().flatMap((name) => [1, 2, 3].map((n) => job(`${name}${n}`, { name })));
  await enqueue(who.store, jobs);
  const demands = names.map((own) => demand(1, { names: own }));
  const got: string[] = [];
  for (let turn = 0; turn < 4; turn++) {
    got.push(...(await claimFor(who, demands)).jobs.map((run) => run.queue));
  }
  for (const queue of names.flat()) assert.equal(got.filter((one) => one === queue).length, 2);
});

check("what is claimed ahead takes no queue's turn at the slots", async (storage) => {
  const who = await member(storage, "a");
  const places = [
    ["a", "mail"],
    ["b", "mail"],
    ["c", "post"],
  ] as const;
  for (const [queue, name] of places) {
    const jobs = Array.from({ length: 20 }, (_, at) => job(`${queue}${at}`, { queue, name }));
    await enqueue(who.store, jobs);
  }
  const demands = [demand(1, { names: ["mail", "post"], ahead: [{ name: "mail", count: 1 }] })];
  const got: string[] = [];
  for (let turn = 0; turn < 9; turn++) {
    const { jobs } = await claimFor(who, demands);
    got.push(...jobs.filter((run) => !run.ahead).map((run) => run.queue));
  }
  for (const [queue] of places) assert.equal(got.filter((one) => one === queue).length, 3);
});
