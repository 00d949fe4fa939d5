import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { eventually, made, newFile } from "../actors/kit.ts";
import { Child } from "./kit.ts";

const processes = 10;
const kills = 100;
const limit = 3;

interface Moment {
  at: number;
  by: number;
  change: number;
}

/**
 * Every process notes when a handler begins and ends, with the machine's clock, which all of them
 * share. A killed process notes no end: its runs ended when it was gone.
 */
function mostAtOnce(records: string, gone: ReadonlyMap<number, number>): number {
  const open = new Map<string, Moment>();
  const moments: Moment[] = [];
  for (const line of readFileSync(records, "utf8").trimEnd().split("\n")) {
    const [word, run = "", pid = "", at = ""] = line.split(" ");
    const moment = { at: Number(at), by: Number(pid), change: word === "begin" ? 1 : -1 };
    moments.push(moment);
    if (word === "begin") open.set(`${run} ${pid}`, moment);
    else open.delete(`${run} ${pid}`);
  }
  for (const { by } of open.values()) {
    const at = gone.get(by);
    if (at !== undefined) moments.push({ at, by, change: -1 });
  }
  let now = 0;
  let most = 0;
  for (const { change } of moments.sort((x, y) => x.at - y.at || x.change - y.change)) {
    now += change;
    most = Math.max(most, now);
  }
  return most;
}

test(`${processes} processes and ${kills} kills never exceed a limit, and never get stuck`, {
  timeout: 300_000,
}, async (t) => {
  const file = newFile(t);
  const records = `${file}-limit`;
  const gone = new Map<number, number>();
  const producer = await made(t, { storage: file });
  let enqueued = 0;
  const more = async (count: number) => {
    enqueued += count;
    const requests = Array.from({ length: count }, () => ({ job: "limited", allowUnknown: true }));
    await producer.enqueueMany(requests);
  };
  const born = async () => {
    const child = new Child(t, "limited", file, records, String(limit));
    await child.line("ready");
    return child;
  };
  const living = await Promise.all(Array.from({ length: processes }, born));
  for (let count = 0; count < kills; count++) {
    // Some more each time, so that there is always a run to be killed.
    const begun = Promise.race(living.map((child) => child.next("begun").then(() => child)));
    await more(10);
    const child = await begun;
    await child.kill();
    gone.set(child.pid, performance.timeOrigin + performance.now());
    living[living.indexOf(child)] = await born();
  }
  const counts = () => producer.jobs.count({ state: "completed" });
  await eventually(counts, (count) => count === enqueued);
  const most = mostAtOnce(records, gone);
  t.diagnostic(`at most ${most} at once`);
  assert.equal(most, limit);
});
