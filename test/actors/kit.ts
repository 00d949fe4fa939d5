import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { createRuntime } from "../../actors/index.ts";
import { systemClock } from "../../lib/base/clock.ts";
import { ErgateError, type ErrorCode } from "../../lib/base/error.ts";
import type { Runtime } from "../../lib/client/client.ts";
import type { Logger, RuntimeOptions } from "../../lib/client/options.ts";
import type { VirtualClock } from "../../lib/kernel/testkit.ts";

/** What the tests of whole runtimes share. Nothing here sleeps: it awaits turns, reads and signals. */

// Each database removes its folder at the exit.
process.setMaxListeners(200);

/**
 * A test that hangs is told by its name, not by the suite's end. None takes a second by itself; a
 * machine that is shared may be ten times slower.
 */
export const bounded = { timeout: 60_000 };

/**
 * A new database's path. Its folder goes with the process: hooks of a test run in the order in which
 * they were given, and it must outlive the runtimes on it.
 */
export function newFile(_t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "ergate-test-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "app.db");
}

/** Where a runtime's rows may be, for what must hold in each. */
export const places = {
  memory: () => ":memory:",
  "sqlite inline": (t: TestContext) => ({ file: newFile(t), place: "inline" as const }),
  "sqlite in its thread": (t: TestContext) => ({ file: newFile(t), place: "thread" as const }),
};

export type Given = Omit<RuntimeOptions, "storage"> & Partial<Pick<RuntimeOptions, "storage">>;

/** A runtime that has not started; stopped after the test. Default: in memory, silent. */
export async function made(t: TestContext, given: Given = {}): Promise<Runtime> {
  const runtime = await createRuntime({ storage: ":memory:", logger: silent, ...given });
  runtime.failed.catch(() => undefined);
  t.after(() => runtime.stop({ graceMs: 0 }));
  return runtime;
}

export async function started(t: TestContext, given: Given = {}): Promise<Runtime> {
  const runtime = await made(t, given);
  await runtime.start();
  return runtime;
}

export const silent: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export interface Signal<T = void> {
  promise: Promise<T>;
  resolve(value: T): void;
}

/** A promise that somebody else resolves. */
export function signal<T = void>(): Signal<T> {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

/** Settles when the run is asked to end. */
export function aborted(of: AbortSignal): Promise<void> {
  if (of.aborted) return Promise.resolve();
  return new Promise((resolve) => of.addEventListener("abort", () => resolve(), { once: true }));
}

/**
 * Reads again and again until it is as wanted. The test's own timeout bounds it; what goes on after
 * that would keep the whole process.
 */
export async function eventually<T>(
  read: () => Promise<T> | T,
  wanted: (value: T) => boolean,
): Promise<T> {
  const until = systemClock.monotonic() + 300_000;
  for (;;) {
    const value = await read();
    if (wanted(value)) return value;
    if (systemClock.monotonic() > until) throw new Error("it never came to be as wanted");
    await turns(1);
  }
}

/** Gives the host's loop back some times. */
export async function turns(count: number): Promise<void> {
  for (let at = 0; at < count; at++) await new Promise((resolve) => setImmediate(resolve));
}

/** Moves a virtual clock, letting the runtime come to rest at each timer. */
export function advance(clock: VirtualClock, ms: number): Promise<void> {
  return clock.advanceAsync(ms, () => turns(12));
}

/** Fails unless it rejects with that code (and names that field). */
export async function refuses(
  action: Promise<unknown> | (() => unknown),
  code: ErrorCode,
  path?: string,
): Promise<ErgateError> {
  let error: unknown;
  try {
    const value = await (typeof action === "function" ? action() : action);
    assert.fail(`${code} did not come, but ${JSON.stringify(value)}`);
  } catch (thrown) {
    error = thrown;
  }
  assert.ok(error instanceof ErgateError, String((error as Error)?.stack ?? error));
  assert.equal(error.code, code, error.message);
  if (path !== undefined) assert.equal(error.path, path, error.message);
  return error;
}

/** Hears handlers in threads: each posts the job's id, and what it wants to say, on this channel. */
export function threadVoice(t: TestContext): (id: string, word: string) => Promise<void> {
  const channel = new BroadcastChannel("ergate-test");
  const heard = new Set<string>();
  const waiting = new Map<string, () => void>();
  channel.onmessage = (event) => {
    const { data } = event as unknown as { data: { id: string; word: string } };
    const key = `${data.id} ${data.word}`;
    heard.add(key);
    waiting.get(key)?.();
  };
  t.after(() => channel.close());
  return (id, word) =>
    new Promise((resolve) => {
      const key = `${id} ${word}`;
      if (heard.has(key)) resolve();
      else waiting.set(key, resolve);
    });
}

/** A module of test/actors/handlers. */
export function handler(name: string): URL {
  return new URL(`./handlers/${name}.ts`, import.meta.url);
}
