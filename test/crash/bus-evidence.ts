import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import type { Message, Runtime } from "../../actors/index.ts";
import { eventually } from "../actors/kit.ts";

/** Processes that are killed while they publish or take messages, and what must hold then. */

const entry = new URL("./fixture/bus-side.ts", import.meta.url).pathname;

export interface Side {
  /** What it told, in its order. */
  told: unknown[];
  /** Resolves once it told so many things; rejects where it ends before. */
  tells(count: number): Promise<void>;
  kill(): Promise<void>;
}

export function side(role: "publish" | "subscribe", file: string, first = 0): Side {
  const args = [entry, role, file, String(first)];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  const told: unknown[] = [];
  const waiting: { count: number; resolve(): void; reject(error: Error): void }[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => {
    told.push(JSON.parse(line));
    for (const { count, resolve } of waiting) if (told.length >= count) resolve();
  });
  lines.on("close", () => {
    for (const { reject } of waiting) reject(new Error(`it ended after ${told.length} lines`));
  });
  return {
    told,
    tells: (count) =>
      new Promise((resolve, reject) => {
        if (told.length >= count) return resolve();
        waiting.push({ count, resolve, reject });
      }),
    kill: () => killed(child),
  };
}

/** Resolves once it is gone, and all that it told is here. */
async function killed(child: ChildProcessByStdio<null, Readable, null>): Promise<void> {
  const closed = once(child, "close");
  child.kill("SIGKILL");
  await closed;
}

/**
 * Kills a publisher and a subscriber `rounds` times, each after as many lines as `lines` says.
 * Nothing that was acknowledged is missing then, and nothing came out of its order.
 */
export async function killBoth(
  runtime: Runtime,
  file: string,
  rounds: number,
  lines: () => number,
): Promise<void> {
  const acknowledged = new Set<number>();
  const order: number[] = [];
  const published: number[] = [];
  const note = (data: number, { revision }: Message) => {
    order.push(revision);
    published.push(data);
  };
  await runtime.bus.subscribe<number>("tick", note);
  const runs: number[][] = [];
  for (let round = 0; round < rounds; round++) {
    const publisher = side("publish", file, round * 1_000_000);
    const subscriber = side("subscribe", file);
    await Promise.all([publisher.tells(lines()), subscriber.tells(1 + lines())]);
    await Promise.all([publisher.kill(), subscriber.kill()]);
    for (const n of publisher.told) acknowledged.add(n as number);
    runs.push(numbersOf(subscriber));
  }
  const last = side("subscribe", file);
  // The one that is here has no name: what it saw is what there is.
  const { published: count } = await eventually(
    () => runtime.bus.stats(),
    (stats) => stats.published === published.length,
  );
  await eventually(
    () => runtime.bus.stats(),
    ({ subscriptions }) =>
      subscriptions.every(({ name, waiting }) => name !== "worker" || waiting === 0),
  );
  await last.kill();
  runs.push(numbersOf(last));
  assert.equal(count, published.length);
  assert.deepEqual(
    order,
    [...order].sort((one, other) => one - other),
  );
  assert.equal(new Set(published).size, published.length, "one without a name gets nothing twice");
  const all = new Set(published);
  for (const n of acknowledged) assert.ok(all.has(n), `${n} was acknowledged and is lost`);
  follows(runs, published);
}

/** Its first messages may come before it says that it is there. */
function numbersOf({ told }: Side): number[] {
  return told.filter((word) => typeof word === "number");
}

/** Each run goes on at most where the last one stopped, and leaves nothing out. */
function follows(runs: readonly (readonly number[])[], published: readonly number[]): void {
  const place = new Map(published.map((n, at) => [n, at]));
  let next = 0;
  for (const run of runs) {
    let expected: number | undefined;
    for (const n of run) {
      const at = place.get(n) as number;
      if (expected === undefined) assert.ok(at <= next, `${next - at} were left out`);
      else assert.equal(at, expected);
      expected = at + 1;
    }
    next = Math.max(next, expected ?? 0);
  }
  assert.equal(next, published.length);
}
