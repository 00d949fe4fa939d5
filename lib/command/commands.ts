import type { Clock } from "../base/clock.ts";
import type { CommandSpec } from "../job/command.ts";
import type { CommandFacts } from "./environment.ts";
import { LinuxProcesses } from "./linux-processes.ts";
import { ListedProcesses } from "./listed-processes.ts";
import { type CommandMark, endOrphans, findOrphans, type Orphan } from "./orphans.ts";
import { PipePool } from "./pipes.ts";
import type { ProcessTable } from "./process-table.ts";
import { type CommandEvents, CommandRun } from "./run.ts";
import { Sampler } from "./sampler.ts";

export interface CommandsOptions {
  readonly clock: Clock;
  /** Of the host, for what commands inherit. Default: the process's. */
  readonly env?: NodeJS.ProcessEnv;
  /** Default: /proc on Linux, `ps` elsewhere. */
  readonly table?: ProcessTable;
  readonly pool?: PipePool;
}

/** Runs commands; one for a process, since they share its looks at the system and its pipes. */
export class Commands {
  readonly #clock: Clock;
  readonly #env: NodeJS.ProcessEnv;
  readonly #table: ProcessTable;
  readonly #pool: PipePool;
  readonly #sampler: Sampler;

  constructor({ clock, env = process.env, table = tableOf(clock), pool }: CommandsOptions) {
    this.#clock = clock;
    this.#env = env;
    this.#table = table;
    this.#pool = pool ?? new PipePool();
    this.#sampler = new Sampler(table, clock);
  }

  /** Starts a command. A program that can't be started is an end of the run, not an exception. */
  start(spec: CommandSpec, facts: CommandFacts, events: CommandEvents): CommandRun {
    return new CommandRun(spec, facts, events, {
      clock: this.#clock,
      env: this.#env,
      pool: this.#pool,
      table: this.#table,
      sampler: this.#sampler,
    });
  }

  /** What runs of a runtime that is dead have left behind. */
  findOrphans(marks: readonly CommandMark[]): Promise<Orphan[]> {
    return findOrphans(marks, this.#table);
  }

  /**
   * Ends what runs of a runtime that is dead have left behind: TERM, grace, KILL. Resolves, once
   * they are gone, with what there was; `left` counts what no signal could end.
   */
  endOrphans(
    marks: readonly CommandMark[],
    graceMs: number,
  ): Promise<{ ended: Orphan[]; left: number }> {
    return endOrphans(marks, graceMs, this.#table, this.#clock);
  }

  /** Gives back what was made ahead. Runs go on to their end. */
  close(): void {
    this.#pool.close();
  }
}

function tableOf(clock: Clock): ProcessTable {
  return process.platform === "linux" ? new LinuxProcesses(clock) : new ListedProcesses();
}
