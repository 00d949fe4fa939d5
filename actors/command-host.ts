import { assert } from "../lib/base/assert.ts";
import type { Clock } from "../lib/base/clock.ts";
import { cutLine } from "../lib/base/cut.ts";
import { limits } from "../lib/base/limits.ts";
import type { Commands } from "../lib/command/commands.ts";
import { type CommandEnd, type CommandKill, commandFault } from "../lib/command/end.ts";
import type { CommandFacts } from "../lib/command/environment.ts";
import type { CommandMark } from "../lib/command/orphans.ts";
import type { CommandRun } from "../lib/command/run.ts";
import type { CommandSpec } from "../lib/job/command.ts";
import { commandRunId } from "../lib/job/command-run.ts";
import type { JobDefinition } from "../lib/job/definition.ts";
import { Loop, type LoopRun } from "../lib/job/loop.ts";
import type { Middlewares } from "../lib/job/middleware.ts";
import type { ContextTools, RunContext } from "../lib/job/run-context.ts";
import type { LogCollector } from "../lib/log/collector.ts";
import { RunLog } from "../lib/log/run-log.ts";
import type { SpawnedRun } from "../lib/protocol/rescue.ts";
import { wording } from "./wording.ts";

export interface CommandHostParts {
  clock: Clock;
  commands: Commands;
  collector: LogCollector;
  tools: ContextTools;
  middlewares: Middlewares;
  /** The id of this runtime's worker. */
  workerId(): string;
}

/** What a command leaves as its job's result, however it ended. */
interface CommandResult {
  exitCode: number | undefined;
  signal: NodeJS.Signals | undefined;
  /** The last 64 KiB. */
  output: string;
  /** Whether there was more. */
  truncated: boolean;
  command: string;
  /** Of all its processes, where samples saw it: `sampled` says so. */
  cpuMs?: number;
  memoryBytes?: number;
  sampled?: true;
}

/**
 * Runs the programs of command jobs, as a loop runs handlers: between the same middlewares, with
 * the same context. It outlives a crash of the dispatcher, as what it runs does.
 */
export class CommandHost {
  readonly loop: Loop;
  readonly #parts: CommandHostParts;
  /** Programs that run. */
  readonly #live = new Map<RunContext, CommandRun>();
  readonly #results = new WeakMap<RunContext, string>();
  readonly #noted = new WeakSet<RunContext>();
  /** Processes that the store has not been told of. */
  #spawned: SpawnedRun[] = [];
  #wake: () => void = () => undefined;

  constructor(parts: CommandHostParts) {
    this.#parts = parts;
    const { clock, tools, middlewares } = parts;
    this.loop = new Loop(clock, tools, middlewares, (definition, args, context) =>
      this.#enter(definition, args, context),
    );
  }

  /** Resolves when no program runs that can be ended, and gives back what was made ahead. */
  async close(): Promise<void> {
    for (const [context, run] of this.#live) run.kill(killOf(context), 0);
    await Promise.all([...this.#live.values()].map(({ ended }) => ended));
    this.#parts.commands.close();
  }

  /**
   * Ends what the runs of a dead runtime left, TERM first. Returns what there was, and how many no
   * signal could end.
   */
  endOrphans(marks: readonly CommandMark[]): ReturnType<Commands["endOrphans"]> {
    return this.#parts.commands.endOrphans(marks, limits.commandGraceMs);
  }

  /** Calls back when there is something to tell the store. */
  listen(wake: () => void): void {
    this.#wake = wake;
  }

  /** The JSON text of what its program left; undefined where it had none. */
  resultOf({ context }: LoopRun): string | undefined {
    return this.#results.get(context);
  }

  /** Whether its process was noted, or will be. */
  isNoted({ context }: LoopRun): boolean {
    return this.#noted.has(context);
  }

  /** Hands over the processes to note, where they are taken. */
  tellSpawned(tell: (runs: readonly SpawnedRun[]) => boolean): boolean {
    if (this.#spawned.length > 0 && !tell(this.#spawned)) return false;
    this.#spawned = [];
    return true;
  }

  /** Whether its program runs. */
  isLive({ context }: LoopRun): boolean {
    return this.#live.has(context);
  }

  /** Kills its program now, and whatever that started. False: it has none that runs. */
  force({ context }: LoopRun): boolean {
    return this.#live.get(context)?.kill(killOf(context), 0) ?? false;
  }

  async #enter(definition: JobDefinition, args: unknown, context: RunContext): Promise<unknown> {
    const { command, schema } = definition;
    assert(command !== undefined, `job ${definition.name} has no command`);
    context.throwIfEnded();
    const text = schema === undefined ? context.job.args : JSON.stringify(args);
    const facts = this.#factsOf(context, text);
    const run = this.#start(command, context, facts);
    this.#live.set(context, run);
    const kill = () => void run.kill(killOf(context));
    context.signal.addEventListener("abort", kill, { once: true });
    const end = await run.ended;
    this.#live.delete(context);
    context.signal.removeEventListener("abort", kill);
    await this.#untilGone(context, facts.runId, end);
    return this.#leave(command, context, end);
  }

  #start(command: CommandSpec, context: RunContext, facts: CommandFacts): CommandRun {
    const { commands, collector, clock } = this.#parts;
    const log = context.log;
    assert(log instanceof RunLog, "a command's lines go to its run's own log");
    // The loop keeps the timeout, also one of the job's own.
    const spec = { ...command, timeoutMs: undefined };
    const run: CommandRun = commands.start(spec, facts, {
      started: (mark) => this.#note(context, mark),
      lines(stream, lines) {
        const at = clock.now();
        for (const line of lines) log.line(at, stream, "info", line);
        if (!collector.behind()) return true;
        void collector.room().then(() => run.more());
        return false;
      },
    });
    return run;
  }

  #factsOf({ job }: RunContext, args: string): CommandFacts {
    return {
      runId: commandRunId(this.#parts.workerId(), job.seq, job.fence),
      jobId: job.id,
      attempt: job.attempt,
      plannedAt: job.schedule?.planAt,
      args,
    };
  }

  #note(context: RunContext, { runId, pid, startedAt }: CommandMark): void {
    const { seq, fence } = context.job;
    this.#noted.add(context);
    this.#spawned.push({ seq, fence, runId, pid, startedAt });
    this.#wake();
  }

  /** What no signal ends yet waits for a device: until it is gone, its run is not over. */
  async #untilGone({ log }: RunContext, runId: string, end: CommandEnd): Promise<void> {
    if (end.type !== "killed" || end.left === 0) return;
    const { clock, commands } = this.#parts;
    log.warn(wording.unkillable(end.left));
    const mark = { runId, pid: 0, startedAt: end.startedAt ?? 0 };
    while ((await commands.findOrphans([mark]).catch(() => [])).length > 0) {
      await new Promise<void>((resolve) => {
        clock.after(limits.commandLeftMs, resolve);
      });
    }
  }

  #leave({ text }: CommandSpec, context: RunContext, end: CommandEnd): CommandResult {
    const result = resultOf(text, end);
    this.#results.set(context, JSON.stringify(result));
    const fault = commandFault(end);
    if (fault !== undefined) throw fault;
    return result;
  }
}

function killOf({ asked = "shutdown", reason }: RunContext): CommandKill {
  return { asked, reason };
}

function resultOf(command: string, end: CommandEnd): CommandResult {
  const exited = end.type === "exited" || end.type === "killed";
  const { output, truncated, usage } = end;
  const used = usage && { cpuMs: usage.cpuMs, memoryBytes: usage.peakMemoryBytes };
  return {
    exitCode: exited ? end.exitCode : undefined,
    signal: exited ? end.signal : undefined,
    ...{ output, truncated, command: cutLine(command, limits.commandOutputBytes) },
    ...(used && { ...used, sampled: true }),
  };
}
