import type { ChildProcess } from "node:child_process";
import type { Clock } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import { Drain } from "./drain.ts";
import { asking, endProcesses, type KillTarget, signalAll } from "./kill.ts";
import type { CommandOutput } from "./output.ts";
import { type ProcessRow, type ProcessTable, signalTo } from "./process-table.ts";
import type { CommandUsage, Sampler } from "./sampler.ts";
import type { ProcessTree } from "./tree.ts";

export interface ProgramTools {
  readonly clock: Clock;
  readonly table: ProcessTable;
  readonly sampler: Sampler;
}

/** How a program ended, and what it left. */
export interface ProgramEnd {
  readonly exitCode: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  /** Milliseconds since the epoch. */
  readonly endedAt: number;
  /** After a kill, processes that no signal could end. */
  readonly left: number;
  /** Something still had the output open. */
  readonly isHeld: boolean;
  readonly usage: CommandUsage | undefined;
}

type Exit = Pick<ProgramEnd, "exitCode" | "signal" | "endedAt">;

/** A program that runs, with all that it starts. */
export class StartedProgram {
  readonly ended: Promise<ProgramEnd>;
  readonly #tools: ProgramTools;
  readonly #output: CommandOutput;
  readonly #drain: Drain;
  readonly #tree: ProcessTree;
  readonly #exited: Promise<Exit>;
  #exit: Exit | undefined;
  #resolveExit: (exit: Exit) => void = () => undefined;
  #graceEnd = Number.POSITIVE_INFINITY;
  #killing: Promise<number> | undefined;

  constructor(child: ChildProcess, tree: ProcessTree, output: CommandOutput, tools: ProgramTools) {
    this.#tools = tools;
    this.#tree = tree;
    this.#output = output;
    this.#drain = new Drain(output, tools.clock);
    this.#exited = new Promise((resolve) => {
      this.#resolveExit = resolve;
    });
    child.once("exit", (code, signal) => this.#leave(code ?? undefined, signal ?? undefined));
    tools.sampler.watch(tree);
    this.ended = this.#finish();
  }

  get hasExited(): boolean {
    return this.#exit !== undefined;
  }

  get usage(): CommandUsage | undefined {
    return this.#tools.sampler.usageOf(this.#tree);
  }

  /** The output has ended. */
  outputEnded(): void {
    this.#drain.wake();
  }

  /**
   * TERM to its group and to what is not in it, KILL after the grace. The tree is looked at first:
   * who takes its TERM at once leaves children whose parent nobody can tell.
   */
  kill(graceMs: number): void {
    const { clock } = this.#tools;
    this.#graceEnd = Math.min(this.#graceEnd, clock.monotonic() + graceMs);
    if (this.#killing !== undefined) return;
    this.#killing = endProcesses(this.#target(), clock).then(({ length }) => {
      this.#leave(undefined, undefined);
      return length;
    });
    this.#drain.wake();
  }

  async #finish(): Promise<ProgramEnd> {
    const exit = await this.#exited;
    if (this.#killing === undefined) await this.#drain.wait(limits.commandDrainMs, true);
    const left = (await this.#killing) ?? 0;
    if (this.#killing !== undefined) await this.#drain.wait(limits.commandKilledDrainMs, false);
    const isHeld = this.#output.isOpen;
    this.#output.close();
    return { ...exit, left, isHeld, usage: this.#tools.sampler.take(this.#tree) };
  }

  #leave(exitCode: number | undefined, signal: NodeJS.Signals | undefined): void {
    if (this.#exit !== undefined) return;
    this.#exit = { exitCode, signal, endedAt: this.#tools.clock.now() };
    this.#tree.leaderIsGone();
    this.#resolveExit(this.#exit);
  }

  #target(): KillTarget {
    const { table } = this.#tools;
    const { leader } = this.#tree;
    return {
      members: () => this.#members(),
      ask: (rows) => {
        const toGroup = !this.hasExited;
        if (toGroup) for (const name of asking) this.#signalGroup(name);
        const others = rows.filter(({ group }) => !toGroup || group !== leader);
        signalAll(table, others, ...asking);
      },
      graceEnd: () => this.#graceEnd,
      force: (rows) => {
        if (!this.hasExited) this.#signalGroup("SIGKILL");
        signalAll(table, rows, "SIGKILL");
      },
    };
  }

  async #members(): Promise<ProcessRow[]> {
    const rows = await this.#tools.table.rows().catch(() => []);
    const members = this.#tree.of(rows);
    return members.length === 0 && !this.hasExited ? [this.#leaderRow()] : members;
  }

  /** The program itself, where the system lists no processes, or it is just being waited for. */
  #leaderRow(): ProcessRow {
    const { leader, runId } = this.#tree;
    const unknown = { parent: process.pid, session: leader, start: -1, cpuMs: 0, memoryBytes: 0 };
    return { pid: leader, group: leader, mark: runId, ...unknown };
  }

  /** Only while the program was not waited for: so long its pid is no other's. */
  #signalGroup(name: NodeJS.Signals): void {
    const { leader } = this.#tree;
    signalTo(process.platform === "win32" ? leader : -leader, name);
  }
}
