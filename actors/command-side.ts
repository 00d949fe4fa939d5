import type { LoopRun } from "../lib/job/loop.ts";
import type { SpawnedRun } from "../lib/protocol/rescue.ts";
import type { Demand } from "../lib/protocol/write.ts";
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
  /** Of an earlier dispatcher. */
  #disowned: readonly LoopRun[] = [];

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

  override disown(): void {
    this.#disowned = this.#commands.loop.runs();
    super.disown();
  }

  /** Jobs of disowned runs were given back: here none starts beside what is still being ended. */
  override demand(): Demand {
    const demand = super.demand();
    const isEnding = this.#disowned.some((run) => this.#commands.isLive(run));
    return isEnding ? { ...demand, slots: 0, ahead: [] } : demand;
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
