import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { ErgateError } from "../base/error.ts";
import type { CommandSpec } from "../job/command.ts";
import { shellScript } from "./limit-script.ts";
import type { PipePool } from "./pipes.ts";
import { type Start, startFault, systemFault } from "./program.ts";
import { type CommandStreams, openStreams } from "./streams.ts";

/** A start with everything at hand: what is left to do is done at once. */
export interface Launch {
  readonly spec: CommandSpec;
  readonly start: Start;
  readonly program: string;
  readonly args: readonly string[];
  readonly streams: CommandStreams;
}

/**
 * Opens what the program's streams stand on. Rejects with the fault that is known before the start:
 * behind a shell that sets limits, a missing program would look like its own exit.
 */
export async function prepare(
  spec: CommandSpec,
  env: Readonly<Record<string, string>>,
  input: string | undefined,
  pool: PipePool,
): Promise<Launch> {
  const start = { program: spec.program, cwd: spec.cwd, env };
  const hasReport = spec.limits.length > 0;
  const fault = hasReport ? await startFault(start) : undefined;
  if (fault !== undefined) throw fault;
  const needs = { merged: spec.merged, input, hasReport };
  const streams = await openStreams(pool, needs);
  const merges = spec.merged && streams.reads === undefined;
  if (!hasReport && !merges) {
    return { spec, start, streams, program: spec.program, args: spec.args };
  }
  const args = ["-c", shellScript(spec.limits, merges), "sh", spec.program, ...spec.args];
  return { spec, start, streams, program: "/bin/sh", args };
}

export type Launched =
  | { readonly type: "started"; readonly child: ChildProcess; readonly pid: number }
  | { readonly type: "refused"; readonly error: ErgateError };

/**
 * Starts the program in a session of its own, so that its group can be signalled and no terminal's
 * Ctrl+C reaches it.
 */
export async function launch(prepared: Launch): Promise<Launched> {
  const { spec, start, program, args, streams } = prepared;
  const options: SpawnOptions = {
    env: { ...start.env },
    detached: process.platform !== "win32",
    stdio: streams.stdio,
    windowsHide: true,
    windowsVerbatimArguments: spec.verbatim,
    ...(spec.cwd === undefined ? {} : { cwd: spec.cwd }),
  };
  try {
    const child = spawn(program, args, options);
    if (child.pid === undefined) throw await failureOf(child);
    streams.started();
    return { type: "started", child, pid: child.pid };
  } catch (error) {
    streams.release();
    const fault = (await startFault(start)) ?? systemFault(spec.program, error);
    return { type: "refused", error: fault };
  }
}

/** The limit that the shell could not set: known once the program runs or the shell ended. */
export async function limitFault(
  { spec }: Launch,
  child: ChildProcess,
): Promise<ErgateError | undefined> {
  if (spec.limits.length === 0) return undefined;
  let name = "";
  for await (const chunk of child.stdio[3] as Readable) name += chunk;
  const step = spec.limits.find((each) => each.name === name);
  if (step === undefined) return undefined;
  return new ErgateError(
    "ERR_ERGATE_COMMAND_LIMIT",
    `limits.${name} can't be set to ${step.value}: this process may set no such limit`,
    { path: `limits.${name}` },
  );
}

function failureOf(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => {
    child.once("error", resolve);
  });
}
