import type { CliHooks } from "./host.ts";
import type { Args, OptionSpecs } from "./options.ts";
import type { Machine, Out } from "./out.ts";

/** One command: how it is called, and what it does. */
export interface Command {
  /** Its words, such as `jobs ls`. */
  readonly name: string;
  /** What follows the name in the help, such as `ID…`. */
  readonly words?: string;
  /** How many words may follow the name. Default none. */
  readonly least?: number;
  readonly most?: number;
  readonly summary: string;
  /** More lines for its own help. */
  readonly details?: readonly string[];
  readonly options: OptionSpecs;
  /** Gets all that follows as it is, `--help` too. */
  readonly raw?: (argv: readonly string[], hooks: CliHooks) => Promise<number>;
  /** Resolves with the exit code. */
  run(call: Call): Promise<number>;
}

/** What a command gets. */
export interface Call {
  readonly args: Args;
  readonly out: Out;
  readonly hooks: CliHooks;
  readonly machine: Machine;
  /** What relative paths start from. */
  readonly start: string;
}
