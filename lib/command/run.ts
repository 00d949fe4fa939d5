import type { ChildProcess } from "node:child_process";
import type { Readable } from "node:stream";
import type { Timer } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { CommandInput, CommandSpec } from "../job/command.ts";
import type { CommandEnd, CommandKill, CommandTrace } from "./end.ts";
import { type CommandFacts, environmentOf } from "./environment.ts";
import { type Launch, launch, limitFault, prepare } from "./launch.ts";
import type { CommandMark } from "./orphans.ts";
import { CommandOutput, type CommandStream } from "./output.ts";
import type { PipePool } from "./pipes.ts";
import { systemFault } from "./program.ts";
import type { CommandUsage } from "./sampler.ts";
import { type ProgramEnd, type ProgramTools, StartedProgram } from "./started.ts";
import { Tail } from "./tail.ts";
import { ProcessTree } from "./tree.ts";

/** What a run tells while it runs; its end comes by its promise. */
export interface CommandEvents {
  /** In the turn of the start: what to keep, so that a later runtime finds what is left of it. */
  started?(mark: CommandMark): void;
  /**
   * Lines that came at once, in their order; `at` in milliseconds since the epoch. False: no more
   * for now. The pipes stay unread, and so the program waits, until `more()`.
   */
  lines(stream: CommandStream, lines: readonly string[], at: number): boolean;
}

/** What all runs of a process share. */
export interface CommandTools extends ProgramTools {
  readonly env: NodeJS.ProcessEnv;
  readonly pool: PipePool;
}

/** One command, from its start to its end. */
export class CommandRun {
  /** Never rejects. Comes after the last line, and after all that a kill had to end. */
  readonly ended: Promise<CommandEnd>;
  readonly #spec: CommandSpec;
  readonly #facts: CommandFacts;
  readonly #events: CommandEvents;
  readonly #tools: CommandTools;
  readonly #tail = new Tail(limits.commandOutputBytes);
  readonly #output: CommandOutput;
  #program: StartedProgram | undefined;
  #mark: CommandMark | undefined;
  #timeout: Timer | undefined;
  #why: CommandKill | undefined;

  constructor(spec: CommandSpec, facts: CommandFacts, events: CommandEvents, tools: CommandTools) {
    this.#spec = spec;
    this.#facts = facts;
    this.#events = events;
    this.#tools = tools;
    this.#output = new CommandOutput(tools.clock, this.#tail, {
      lines: (stream, lines, at) => events.lines(stream, lines, at),
      ended: () => this.#program?.outputEnded(),
    });
    this.ended = this.#run();
  }

  /** Of the program; undefined before its start. */
  get pid(): number | undefined {
    return this.#mark?.pid;
  }

  /** What samples have seen so far, while it runs. */
  get usage(): CommandUsage | undefined {
    return this.#program?.usage;
  }

  /** The consumer takes lines again. */
  more(): void {
    this.#output.more();
  }

  /**
   * Ends the command and all it started: TERM to its group, and after the grace (by default its
   * own) KILL to whatever is left of its tree. Before the start it keeps it from starting. A second
   * kill can only shorten the grace. False when the program has ended already: then the kill ends
   * what it left in the background.
   */
  kill(why: CommandKill, graceMs: number = this.#spec.graceMs): boolean {
    if (this.#program?.hasExited !== true) this.#why ??= why;
    this.#program?.kill(graceMs);
    return this.#why !== undefined;
  }

  async #run(): Promise<CommandEnd> {
    let prepared: Launch;
    try {
      const env = environmentOf(this.#spec, this.#facts, this.#tools.env);
      const input = inputOf(this.#spec.stdin, this.#facts);
      prepared = await prepare(this.#spec, env, input, this.#tools.pool);
    } catch (error) {
      return { type: "refused", error: systemFault(this.#spec.program, error), ...this.#trace() };
    }
    if (this.#why !== undefined) {
      prepared.streams.release();
      return { type: "unstarted", why: this.#why, ...this.#trace() };
    }
    return this.#runPrepared(prepared);
  }

  async #runPrepared(prepared: Launch): Promise<CommandEnd> {
    const launched = await launch(prepared);
    if (launched.type === "refused") return { ...launched, ...this.#trace() };
    const { child, pid } = launched;
    const limited = limitFault(prepared, child);
    const end = await this.#started(prepared, child, pid).ended;
    this.#timeout?.cancel();
    const error = await limited;
    if (error !== undefined) return { type: "refused", error, ...this.#trace() };
    const { exitCode, signal, left } = end;
    const trace = this.#trace(end);
    if (this.#why === undefined) return { type: "exited", exitCode, signal, ...trace };
    return { type: "killed", why: this.#why, exitCode, signal, left, ...trace };
  }

  #started(prepared: Launch, child: ChildProcess, pid: number): StartedProgram {
    const { runId } = this.#facts;
    const tree = new ProcessTree(runId, pid);
    const program = new StartedProgram(child, tree, this.#output, this.#tools);
    this.#program = program;
    this.#mark = { runId, pid, startedAt: this.#tools.clock.now() };
    const { reads } = prepared.streams;
    if (reads === undefined) this.#output.attach(child.stdout as Readable, child.stderr);
    else this.#output.open(reads);
    this.#armTimeout();
    this.#events.started?.(this.#mark);
    // Asked in the very turn of the start.
    if (this.#why !== undefined) this.kill(this.#why, 0);
    return program;
  }

  #armTimeout(): void {
    const { timeoutMs } = this.#spec;
    if (timeoutMs === undefined) return;
    const reason = `the command ran longer than its timeout of ${timeoutMs} ms`;
    this.#timeout = this.#tools.clock.after(timeoutMs, () => {
      this.kill({ asked: "timeout", reason });
    });
  }

  #trace(end?: ProgramEnd): CommandTrace {
    return {
      startedAt: this.#mark?.startedAt,
      endedAt: end?.endedAt ?? this.#tools.clock.now(),
      output: this.#tail.text(),
      truncated: this.#tail.truncated,
      isHeld: end?.isHeld ?? false,
      usage: end?.usage,
    };
  }
}

function inputOf(input: CommandInput, facts: CommandFacts): string | undefined {
  switch (input.type) {
    case "none":
      return undefined;
    case "text":
      return input.text;
    case "args":
      return facts.args ?? "";
    default:
      return input satisfies never;
  }
}
