import type { StdioOptions } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { closePipe, type Pipe, type PipePool } from "./pipes.ts";

/**
 * What stands behind a program's first four descriptors: made before the start, and the program's
 * side closed here once it has it.
 */
export interface CommandStreams {
  readonly stdio: StdioOptions;
  /** Of stdout and stderr, or of both; undefined where `spawn` makes them. */
  readonly reads: readonly number[] | undefined;
  /** Closes the program's side, after the start. */
  started(): void;
  /** Closes all: there is no start. */
  release(): void;
}

export interface StreamNeeds {
  readonly merged: boolean;
  readonly input: string | undefined;
  /** A fourth one, for what the shell that sets the limits has to say. */
  readonly hasReport: boolean;
}

/**
 * Opens them. A failed `mkfifo` (no such program, or a file system without pipes) leaves the pipes
 * to `spawn`: then `> /dev/stdout` fails in the program, and merged streams need a shell.
 */
export async function openStreams(pool: PipePool, needs: StreamNeeds): Promise<CommandStreams> {
  const input = needs.input === undefined ? undefined : await inputFile(needs.input);
  let pipes: Pipe[] | undefined;
  try {
    pipes = await pool.take(needs.merged ? 1 : 2);
  } catch (error) {
    if (input !== undefined) closeSync(input);
    throw error;
  }
  const writes = pipes?.map(({ write }) => write);
  const report = needs.hasReport ? (["pipe"] as const) : [];
  const out = writes?.[0] ?? "pipe";
  const err = needs.merged ? (writes?.[0] ?? "ignore") : (writes?.[1] ?? "pipe");
  const own = [...(input === undefined ? [] : [input]), ...(writes ?? [])];
  return {
    stdio: [input ?? "ignore", out, err, ...report],
    reads: pipes?.map(({ read }) => read),
    started: () => own.forEach((file) => void closeSync(file)),
    release() {
      if (input !== undefined) closeSync(input);
      for (const pipe of pipes ?? []) closePipe(pipe);
    },
  };
}

/**
 * The input as a file without a name, as a shell's here-document is: a program may read it late,
 * twice, by its name in /dev, or not at all, and nobody has to write while it runs.
 */
async function inputFile(text: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), "ergate-"));
  try {
    const path = join(folder, "stdin");
    const file = await open(path, "wx", 0o600);
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
    return openSync(path, "r");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
