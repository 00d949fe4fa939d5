import { type Random, systemRandom } from "../lib/base/random.ts";
import type { Commands } from "../lib/command/commands.ts";
import { System } from "../lib/kernel/system.ts";
import type { MakeThreads } from "../lib/thread/lazy.ts";
import type { Settings } from "./options.ts";
import type { Tracing } from "./tracing.ts";
import { wording } from "./wording.ts";

/** What a runtime takes from the machine that it is on; tests give it their own. */
export interface Machine {
  readonly random: Random;
  /** Made with the runtime's clock and logger; a simulation's takes its turns by a seed. */
  system(settings: Settings): System;
  /** Default: Piscina's threads. */
  readonly makeThreads?: MakeThreads;
  /** Default: those of the runtime's clock. */
  readonly commands?: Commands;
  /** Default: nobody traces. */
  readonly tracing?: Tracing | undefined;
}

export function ownMachine(): Machine {
  return {
    random: systemRandom(),
    system: (settings) => createSystem(settings, setImmediate),
  };
}

/** `dispatch` runs a turn of the actors later, so that the loop's other work goes between. */
export function createSystem(
  { clock, logger }: Settings,
  dispatch: (turn: () => void) => void,
): System {
  return new System({
    clock,
    dispatch,
    trace: {
      crashed: (path, error) => logger.error({ err: error }, wording.crashed(path, error)),
      restarted: (path, restarts) => logger.warn({ path }, wording.restarted(path, restarts)),
    },
  });
}
