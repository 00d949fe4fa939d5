import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { createRuntime, defineJob } from "../../actors/index.ts";
import { seededRandom } from "../../lib/base/random.ts";
import { eventually, newFile, silent } from "../actors/kit.ts";
import { type Received, receiver } from "../hook/receiver.ts";

const random = seededRandom(2026);
const writer = new URL("./fixture/hook-writer.ts", import.meta.url).pathname;

type Said = { enqueued?: string; completed?: string };

/** Lets a process work until it said so many lines, kills it, and gives what it said. */
async function killedAfter(file: string, url: string, lines: number): Promise<Said[]> {
  const stdio = ["ignore", "pipe", "inherit"] as const;
  const child = spawn(process.execPath, [writer, file, url], { stdio: [...stdio] });
  const said: Said[] = [];
  assert.ok(child.stdout);
  for await (const line of createInterface({ input: child.stdout })) {
    said.push(JSON.parse(line));
    if (said.length === lines) child.kill("SIGKILL");
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  return said;
}

/**
 * Kills a process that runs hooked jobs again and again. What was acknowledged is told at least once,
 * each job's events in order, none twice under two ids, and nothing of which there was no move.
 */
export async function hooksSurvive(t: TestContext, kills: number): Promise<void> {
  const file = newFile(t);
  const { url, got } = await receiver(t);
  const said: Said[] = [];
  for (let kill = 0; kill < kills; kill++) {
    said.push(...(await killedAfter(file, url, 2 + Math.floor(random.next() * 30))));
  }
  const job = defineJob("told", { run: () => undefined });
  const runtime = await createRuntime({ storage: file, jobs: [job], logger: silent, hooks: {} });
  t.after(() => runtime.stop({ graceMs: 0 }));
  await runtime.start();
  const left = async () => {
    const { counts, hooks } = await runtime.stats();
    return counts.available + counts.running + hooks.waiting;
  };
  await eventually(left, (count) => count === 0);
  const byJob = new Map<string, Received[]>();
  for (const one of got) {
    const id = one.body.job_id;
    byJob.set(id, [...(byJob.get(id) ?? []), one]);
  }
  for (const { enqueued } of said)
    if (enqueued !== undefined) assert.ok(byJob.has(enqueued), enqueued);
  for (const [id, events] of byJob) {
    const row = await runtime.jobs.get(id);
    assert.equal(row?.state, "completed", `${id} was told of and is not there`);
    const ids = events.map(({ headers }) => String(headers["webhook-id"]));
    const seqs = ids.map((text) => Number(text.split("_")[1]));
    assert.deepEqual(
      seqs,
      [...seqs].sort((one, other) => one - other),
      `${id} out of order`,
    );
    const first = events.filter((_, at) => ids.indexOf(ids[at] as string) === at);
    const statuses = first.map(({ body }) => body.status).join(" ");
    assert.match(statuses, /^(Running( Pending)? )*Running Success$/, `${id}: ${statuses}`);
    assert.equal(statuses.match(/Success/g)?.length, 1);
  }
}
