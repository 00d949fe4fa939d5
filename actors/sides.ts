import type { ClaimedJob } from "../lib/job/job.ts";
import type { Demand, Entry, RunAsk } from "../lib/protocol/write.ts";
import { CommandSide, type CommandSideParts } from "./command-side.ts";
import { LoopSide, type LoopSideParts } from "./loop-side.ts";
import { Paces } from "./paces.ts";
import type { Settler } from "./settler.ts";
import { ThreadSide, type ThreadSideParts } from "./thread-side.ts";

export interface SidesParts
  extends Omit<LoopSideParts, "runs">,
    ThreadSideParts,
    CommandSideParts {}

/** Where the dispatcher's jobs run: in the loop, in threads, as programs. */
export class Sides {
  readonly threads: ThreadSide;
  readonly #parts: SidesParts;
  readonly #loop: LoopSide;
  readonly #commands: CommandSide;

  /** `wake`: a run ended, or there is something to tell the store. */
  constructor(parts: SidesParts, settler: Settler, wake: () => void) {
    this.#parts = parts;
    const inLoop = { ...parts, runs: isLoopJob };
    this.#loop = new LoopSide(inLoop, settler, new Paces());
    this.threads = new ThreadSide(parts, settler);
    this.#commands = new CommandSide(parts, settler);
    parts.commands.listen(wake);
    for (const side of [this.#loop, this.#commands]) side.listen(wake);
  }

  /** Runs of an earlier dispatcher go on, and are nobody's. */
  disown(): void {
    this.#loop.disown();
    this.#commands.disown();
  }

  take(job: ClaimedJob): void {
    const definition = this.#parts.registry.get(job.name);
    if (definition?.thread !== undefined) this.threads.take(job);
    else if (definition?.command !== undefined) this.#commands.take(job);
    else this.#loop.take(job);
  }

  /** Returns whether some are left that could be started now. */
  startSome(): boolean {
    const isLoopLeft = this.#loop.startSome();
    return this.#commands.startSome() || isLoopLeft;
  }

  demands(): Demand[] {
    const demands = [this.#loop.demand(), this.threads.demand(), this.#commands.demand()];
    return demands.filter(
      ({ names, slots, ahead }) => names.length > 0 && slots + ahead.length > 0,
    );
  }

  ask(asks: readonly RunAsk[]): void {
    this.threads.ask(asks.filter((ask) => !this.#loop.ask(ask) && !this.#commands.ask(ask)));
  }

  giveBackOf(queues: readonly string[] | undefined): void {
    this.#loop.giveBackOf(queues);
    this.threads.giveBackOf(queues);
    this.#commands.giveBackOf(queues);
  }

  /** Names were registered. */
  refresh(): void {
    this.#loop.refresh();
    this.threads.refresh();
    this.#commands.refresh();
  }

  abortAll(reason: string): void {
    this.#loop.abortAll(reason);
    this.threads.abortAll(reason);
    this.#commands.abortAll(reason);
  }

  /** Returns whether programs that were killed are to be waited for. */
  abandonAll(): boolean {
    this.#loop.abandonAll();
    this.threads.abandonAll();
    return this.#commands.forceAll();
  }

  /** Hands on what was gathered. False: there was no room for all of it. */
  flush(): boolean {
    const { queue } = this.#parts.links;
    const areThreadsTold = this.threads.flush();
    return (
      this.#commands.tellSpawned((runs) => queue.tell({ type: "spawn", runs })) && areThreadsTold
    );
  }

  marks(): Entry[] {
    return [...this.#loop.marks(), ...this.threads.marks(), ...this.#commands.marks()];
  }

  get marksDue(): boolean {
    return this.#loop.marksDue || this.threads.marksDue || this.#commands.marksDue;
  }

  /** Runs, those that can't be ended too. */
  get active(): number {
    const { loop, commands } = this.#parts;
    return loop.active + this.threads.active + commands.loop.active;
  }

  /** Jobs that run here and are not settled. */
  get held(): number {
    const { loop, commands } = this.#parts;
    return loop.runs().length + this.threads.active + commands.loop.runs().length;
  }
}

const isLoopJob: LoopSideParts["runs"] = ({ run }) => run !== undefined;
