import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { TestContext } from "node:test";
import { defineJob, type Runtime } from "../../actors/index.ts";
import { eventually, made } from "../actors/kit.ts";
import { Child } from "./kit.ts";

/** A process that fires the schedules of the file. */
export async function scheduled(t: TestContext, file: string): Promise<Child> {
  const child = new Child(t, "scheduled", file, `${file}-calls`);
  await child.line("ready");
  return child;
}

/** A runtime that only looks on, with a job that it can't run. */
export function onlooker(t: TestContext, file: string): Promise<Runtime> {
  return made(t, { storage: file, jobs: [defineJob("fire")] });
}

export interface Plan {
  schedules: number;
  everyMs: number;
  forMs: number;
}

/** Schedules that none may lose a time of; answers all their planned times. */
export async function planned(
  { schedules }: Runtime,
  { schedules: count, everyMs, forMs }: Plan,
): Promise<string[]> {
  const all: string[] = [];
  const now = Date.now();
  for (let at = 0; at < count; at++) {
    const name = `s${at}`;
    const policy = { overlap: "allow", missed: { all: 1_000 } } as const;
    const end = now + forMs;
    await schedules.upsert(name, { every: everyMs, end, job: "fire", ...policy });
    const stored = await schedules.get(name);
    assert.ok(stored?.nextAt);
    for (let due = stored.nextAt; due < end; due += everyMs) all.push(`${name} ${due}`);
  }
  return all.sort();
}

/** Resolves when all times have passed and all that they enqueued is over. */
export async function over({ schedules, jobs }: Runtime): Promise<void> {
  const left = async () => {
    const { items } = await schedules.list({ limit: 500 });
    const waiting = items.filter(({ nextAt }) => nextAt !== undefined).length;
    const states = ["available", "running", "retryable", "scheduled"] as const;
    const counts = await Promise.all(states.map((state) => jobs.count({ state })));
    return counts.reduce((sum, some) => sum + some, waiting);
  };
  await eventually(left, (count) => count === 0);
}

/** The planned times whose handler was called, once a call, sorted. */
export function calls(file: string): string[] {
  const lines = readFileSync(`${file}-calls`, "utf8").trimEnd().split("\n");
  return lines.map((line) => line.split(" ").slice(0, 2).join(" ")).sort();
}

/** The planned times that are on record as completed, sorted; no other record may be there. */
export async function completed({ schedules }: Runtime): Promise<string[]> {
  const all: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await schedules.runs(undefined, { limit: 500, ...(cursor && { cursor }) });
    for (const run of page.items) {
      assert.equal(run.outcome, "completed", JSON.stringify(run));
      all.push(`${run.schedule} ${run.planAt}`);
    }
    cursor = page.next;
  } while (cursor !== undefined);
  return all.sort();
}
