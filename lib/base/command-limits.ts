import { kibi, mebi, secondMs } from "./units.ts";

/** Shell commands, from their text to the last process of their tree. */
export const commandLimits = {
  /** A command's text, one of its arguments, or its args: Linux takes 128 KiB a string. */
  commandArgBytes: 120 * kibi,
  commandArgs: 10_000,
  commandEnvNames: 1_000,
  /** The last of a command's output, kept as its result. */
  commandOutputBytes: 64 * kibi,
  /** One read of a command's pipe: ten floods hold the loop for 2 ms at p99, 10 at most. */
  commandReadBytes: 16 * kibi,
  /**
   * Removed commands of which it is known that they were: whoever follows and was away for longer
   * than that many removals reads all anew.
   */
  removedCommands: 1_000,
  /** Stored commands that one read takes. */
  commandRows: 500,
  /** Between TERM and KILL. */
  commandGraceMs: 5 * secondMs,
  /** From a command's end to its pipes being closed, while something in the background has them. */
  commandDrainMs: 2 * secondMs,
  /** The same after a kill, which has ended what could hold them. */
  commandKilledDrainMs: 500,
  /** What a pipe holds: so much may its program have written before its end. */
  commandPipeBytes: 64 * kibi,
  /** How long KILL is repeated: past it what is left can't be ended (it waits for a device). */
  commandKillMs: 5 * secondMs,
  /** Beyond grace, KILL and drain, until a run counts as one that can't be ended: a busy loop's. */
  commandSlackMs: secondMs,
  /** After the end of a stop's grace, until jobs of killed commands go back without their end. */
  commandForceMs: 7 * secondMs,
  /** Between two looks at what no signal could end. */
  commandLeftMs: secondMs,
  /** Between two looks at what a kill has left: from the one, doubling, to the other. */
  commandLookMs: 5,
  commandLookMsMax: 200,
  /** Pipes made ahead, two file descriptors each: one process makes them all. */
  commandPipesAhead: 32,
  /** Left of them when the next are made. */
  commandPipesLow: 4,
  /** A command's first sample of memory and CPU, and the most between two. */
  commandSampleFirstMs: 50,
  commandSampleMs: 2 * secondMs,
  /** Of one core, what samples may take: with many processes they are taken less often. */
  commandSampleShare: 0.05,
  /** Processes looked at in one turn of the loop: about 1 ms. */
  processSlice: 64,
  /** Of one process's environment; Linux bounds it with the arguments at a quarter of the stack. */
  processEnvironBytes: 4 * mebi,
} as const;
