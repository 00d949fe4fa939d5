import type { LoopRun } from "../lib/job/loop.ts";
import type { SpawnedRun } from "../lib/protocol/rescue.ts";
import type { CommandHost } from "./command-host.ts";
import { LoopSide, type LoopSideParts } from "./loop-side.ts";
import { Paces } from "./paces.ts";
import type { Settler } from "./settler.ts";

export type CommandSideParts = Omit<LoopSideParts, "loop" | "runs"> & { commands: CommandHost };

/**
 * The dispatcher's part for commands: as that of the loop, but what runs can be ended. As many run
 * at once as handlers in the loop: a program waits for others than this process, as they do.
 */
export class CommandSide extends LoopSide {
  readonly #commands: CommandHost;
  #isForced = false;

  constructor(parts: CommandSideParts, settler: Settler) {
    const { commands } = parts;
    const own: LoopSideParts = {
      ...parts,
      loop: commands.loop,
      runs: ({ command }) => command !== undefined,
      resultOf: (run) => commands.resultOf(run),
      isNoted: (run) => commands.isNoted(run),
    };
    super(own, settler, new Paces());
    this.#commands = commands;
  }

  /** False: there was no room for all of it. */
  tellSpawned(tell: (runs: readonly SpawnedRun[]) => boolean): boolean {
    return this.#commands.tellSpawned(tell);
  }

  /**
   * Kills programs that run: their jobs go back once they are gone. The second time jobs go back
   * without that. Returns whether some are left.
   */
  forceAll(): boolean {
    const isSpared = (run: LoopRun) => !this.#isForced && this.#commands.force(run);
    this.abandonAll(isSpared);
    this.#isForced = true;
    return this.#commands.loop.runs().length > 0;
  }
}
