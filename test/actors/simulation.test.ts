import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Worker } from "node:worker_threads";
import type { Asked, Told } from "./simulation/lives.ts";

/**
 * A seed that failed is run alone by ERGATE_SIMULATION_SEED, and shown; ERGATE_SIMULATION_SEEDS
 * asks for more of them.
 */
const { ERGATE_SIMULATION_SEED, ERGATE_SIMULATION_SEEDS } = process.env;
const alone = ERGATE_SIMULATION_SEED !== undefined;
const seeds = alone
  ? [Number(ERGATE_SIMULATION_SEED)]
  : Array.from({ length: Number(ERGATE_SIMULATION_SEEDS ?? 120) }, (_, at) => at + 1);
const steps = 60;

/** The lives of some seeds, in a thread of their own; also fails by a rejection nobody handled. */
function lives(asked: Asked, tell: (told: Told) => void): Promise<void> {
  const worker = new Worker(new URL("./simulation/lives.ts", import.meta.url), {
    workerData: asked,
  });
  return new Promise((resolve, reject) => {
    worker.on("message", tell);
    worker.on("error", reject);
    worker.on("exit", (code) => (code === 0 ? resolve() : reject(new Error(`exit ${code}`))));
  });
}

function show(t: TestContext, { seed, trace, fault }: Told): void {
  if (alone) for (const line of trace) t.diagnostic(line);
  assert.equal(fault, undefined, `seed ${seed}, after ${trace.length} lines`);
}

test("no acknowledged job is lost or settled twice, whatever befalls a runtime", async (t) => {
  let lines = 0;
  let failed: Told | undefined;
  await lives({ seeds, steps }, (told) => {
    lines += told.trace.length;
    if (told.fault !== undefined) failed ??= told;
    if (alone) show(t, told);
  });
  if (failed !== undefined) show(t, failed);
  assert.ok(lines > seeds.length * steps);
  t.diagnostic(`${seeds.length} seeds, ${lines} lines`);
});

test("the same seed is the same life, another seed another", async () => {
  const traces: string[] = [];
  const again = seeds.slice(0, 3);
  await lives({ seeds: [...again, ...again], steps }, ({ trace }) => {
    traces.push(trace.join("\n"));
  });
  assert.deepEqual(traces.slice(again.length), traces.slice(0, again.length));
  assert.equal(new Set(traces).size, again.length);
});
