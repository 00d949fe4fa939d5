import assert from "node:assert/strict";
import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { createRuntime } from "../../actors/index.ts";
import { systemClock } from "../../lib/base/clock.ts";
import type { CliHooks } from "../../lib/cli/host.ts";
import { runCli } from "../../lib/cli/main.ts";

const bin = fileURLToPath(new URL("../../actors/bin.ts", import.meta.url));

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  cwd: string;
  input?: string;
  env?: NodeJS.ProcessEnv;
  uid?: number;
}

/** One command line in a process of its own, to its end. */
export async function ergate(options: RunOptions, ...args: string[]): Promise<Ended> {
  const child = spawnBin(options, args, ["pipe", "pipe", "pipe"]);
  child.stdin?.on("error", () => {});
  child.stdin?.end(options.input ?? "");
  return ended(child);
}

/** One command line in this process, for all that a process of its own would only make slower. */
export async function inside(options: RunOptions, ...args: string[]): Promise<Ended> {
  const [stdout, stderr, stdin] = [new PassThrough(), new PassThrough(), new PassThrough()];
  stdin.end(options.input ?? "");
  const env = options.env ?? {};
  const machine = { stdin, stdout, stderr, env, cwd: () => options.cwd };
  const output = Promise.all([text(stdout), text(stderr)]);
  const code = await runCli(args, hooks, machine);
  stdout.end();
  stderr.end();
  const [said, told] = await output;
  return { code, stdout: said, stderr: told };
}

const hooks: CliHooks = {
  createRuntime: async () => createRuntime,
  bench: async () => 0,
  manifest: new URL("../../package.json", import.meta.url),
};

/** As `inside`, with `--json`: its answer. Fails the test unless it exits 0. */
export async function answerOf<T>(options: RunOptions, ...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await inside(options, ...args, "--json");
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as T;
}

/** The fault that a command with `--json` told. */
export async function faultOf(options: RunOptions, ...args: string[]) {
  const { code, stderr } = await inside(options, ...args, "--json");
  const { error }: { error: { code: string; message: string; path?: string } } = JSON.parse(stderr);
  return { exit: code, ...error };
}

/** A process that goes on; killed at the test's end. */
export function launch(t: TestContext, options: RunOptions, ...args: string[]): ChildProcess {
  const child = spawnBin(options, args, ["ignore", "pipe", "pipe"]);
  t.after(() => void child.kill("SIGKILL"));
  return child;
}

export async function ended(child: ChildProcess): Promise<Ended> {
  const { stdout, stderr } = child;
  const output = Promise.all([stdout && text(stdout), stderr && text(stderr)]);
  const [code] = (await once(child, "close")) as [number | null];
  const [out, err] = await output;
  return { code, stdout: out ?? "", stderr: err ?? "" };
}

const readers = new WeakMap<ChildProcess, AsyncIterator<string>>();

/**
 * Its next line on stdout. One reader a child: a second one would miss what the first has taken.
 */
export async function nextLine(child: ChildProcess): Promise<string> {
  let reader = readers.get(child);
  if (reader === undefined) {
    if (child.stdout === null) throw new Error("no stdout");
    reader = createInterface(child.stdout)[Symbol.asyncIterator]();
    readers.set(child, reader);
  }
  const { value, done } = await reader.next();
  if (done === true) throw new Error("it ended without another line");
  return value;
}

export function tempFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "ergate-cli-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files by their paths below the folder. */
export function writeTree(folder: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

function spawnBin(options: RunOptions, args: readonly string[], stdio: SpawnOptions["stdio"]) {
  const { INIT_CWD, ERGATE_DB, ERGATE_GRACE, ...others } = process.env;
  const { ERGATE_URL, ERGATE_SECRET, CORE_SECRET, ...inherited } = others;
  const env = { ...inherited, ...options.env };
  const uid = options.uid === undefined ? {} : { uid: options.uid, gid: options.uid };
  return spawn(process.execPath, [bin, ...args], { cwd: options.cwd, env, stdio, ...uid });
}

/** Resolves when a child's trace file has so many lines; fails when it ended with fewer. */
export async function untilTraced(child: ChildProcess, file: string, lines: number): Promise<void> {
  while (!existsSync(file) || countLines(file) < lines) {
    assert.equal(child.exitCode, null, "it ended before it got that far");
    await turn();
  }
}

function countLines(file: string): number {
  return readFileSync(file, "utf8").split("\n").length - 1;
}

/** A look each 5 ms: no sleep that anything's outcome depends on. */
function turn(): Promise<void> {
  return new Promise((resolve) => void systemClock.after(5, resolve));
}
