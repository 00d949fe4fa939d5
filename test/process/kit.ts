import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";

type Line = Record<string, unknown>;

/** A child process that talks by JSON lines. Killed at the test's end. */
export class Child {
  readonly process: ChildProcess;
  readonly #lines: Line[] = [];
  #wake: () => void = () => undefined;
  #over = false;

  constructor(t: TestContext, script: string, ...args: string[]) {
    const path = fileURLToPath(new URL(`./fixture/${script}.ts`, import.meta.url));
    this.process = spawn(process.execPath, [path, ...args], { stdio: ["pipe", "pipe", "inherit"] });
    t.after(() => this.kill());
    if (this.process.stdout === null) return;
    createInterface(this.process.stdout)
      .on("line", (line) => {
        this.#lines.push(JSON.parse(line));
        this.#wake();
      })
      .on("close", () => {
        this.#over = true;
        this.#wake();
      });
  }

  get pid(): number {
    return this.process.pid as number;
  }

  /** The first line with that key (and value), also if it came before. */
  async line(key: string, value?: unknown): Promise<Line> {
    for (;;) {
      const found = this.#lines.find(
        (line) => key in line && (value === undefined || line[key] === value),
      );
      if (found !== undefined) return found;
      if (this.#over) throw new Error(`the child ended before it said ${key}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The next line with that key. */
  async next(key: string): Promise<Line> {
    const seen = this.all(key).length;
    for (;;) {
      const found = this.all(key)[seen];
      if (found !== undefined) return found;
      if (this.#over) throw new Error(`the child ended before it said ${key} again`);
      await new Promise<void>((resolve) => {
        const before = this.#wake;
        this.#wake = () => {
          before();
          resolve();
        };
      });
    }
  }

  /** Each line with that key so far. */
  all(key: string): Line[] {
    return this.#lines.filter((line) => key in line);
  }

  signal(name: NodeJS.Signals): void {
    this.process.kill(name);
  }

  /** Resolves once it is gone. */
  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.gone();
  }

  async gone(): Promise<number | null> {
    const { exitCode, signalCode } = this.process;
    if (exitCode === null && signalCode === null) await once(this.process, "exit");
    return this.process.exitCode;
  }

  /** Lets it end by itself. */
  end(): void {
    this.process.stdin?.end();
  }
}

/**
 * Measures until it took at most `enoughMs`, five times at most: what a promise of the runtime took
 * in a try in which the machine was held up says nothing of it.
 */
export async function within(
  t: TestContext,
  enoughMs: number,
  measure: () => Promise<number>,
): Promise<void> {
  const took: number[] = [];
  do took.push(await measure());
  while ((took.at(-1) ?? 0) > enoughMs && took.length < 5);
  t.diagnostic(`took ${took.join(", ")} ms`);
  assert.ok(Math.min(...took) <= enoughMs, `${took.join(", ")} ms`);
}

export async function worker(t: TestContext, file: string): Promise<Child> {
  const child = new Child(t, "worker", file, recordsOf(file));
  await child.line("ready");
  return child;
}

function recordsOf(file: string): string {
  return `${file}-records`;
}

/** Each run that the workers noted. */
export function records(file: string): { id: string; attempt: number; pid: number }[] {
  const lines = readFileSync(recordsOf(file), "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const [id = "", attempt, pid] = line.split(" ");
    return { id, attempt: Number(attempt), pid: Number(pid) };
  });
}
