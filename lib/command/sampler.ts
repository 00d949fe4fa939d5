import type { Clock, Timer } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { ProcessTable } from "./process-table.ts";
import type { ProcessTree } from "./tree.ts";

/** What a run's processes used, as far as samples saw it. */
export interface CommandUsage {
  /** It was looked at from time to time: what came and went between two looks is not in it. */
  readonly sampled: true;
  /** The most at one look, all processes together; pages that two share count for both. */
  readonly peakMemoryBytes: number;
  /** Of all processes, with those that a living one waited for. */
  readonly cpuMs: number;
}

interface Watched {
  usage: CommandUsage | undefined;
  dueAt: number;
  gapMs: number;
}

/**
 * Samples the runs' trees: first soon after the start, then less and less often. One look at the
 * system's processes serves all runs that are due, and looks together take a bounded share of a
 * core.
 */
export class Sampler {
  readonly #table: ProcessTable;
  readonly #clock: Clock;
  readonly #watched = new Map<ProcessTree, Watched>();
  #timer: Timer | undefined;
  #isLooking = false;
  #nextAt = 0;

  constructor(table: ProcessTable, clock: Clock) {
    this.#table = table;
    this.#clock = clock;
  }

  watch(tree: ProcessTree): void {
    if (!this.#table.isFull) return;
    const gapMs = limits.commandSampleFirstMs;
    this.#watched.set(tree, { usage: undefined, dueAt: this.#clock.monotonic() + gapMs, gapMs });
    this.#arm();
  }

  /** Undefined where no sample was taken yet. */
  usageOf(tree: ProcessTree): CommandUsage | undefined {
    return this.#watched.get(tree)?.usage;
  }

  /** Ends the sampling. */
  take(tree: ProcessTree): CommandUsage | undefined {
    const usage = this.usageOf(tree);
    this.#watched.delete(tree);
    this.#arm();
    return usage;
  }

  #arm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#isLooking || this.#watched.size === 0) return;
    let dueAt = Number.POSITIVE_INFINITY;
    for (const watched of this.#watched.values()) dueAt = Math.min(dueAt, watched.dueAt);
    const waitMs = Math.max(dueAt, this.#nextAt) - this.#clock.monotonic();
    this.#timer = this.#clock.after(Math.max(0, waitMs), () => void this.#look());
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    const before = this.#clock.monotonic();
    const rows = await this.#table.rows().catch(() => []);
    const now = this.#clock.monotonic();
    this.#nextAt = now + (now - before) / limits.commandSampleShare;
    for (const [tree, watched] of this.#watched) {
      if (watched.dueAt > now) continue;
      watched.usage = added(watched.usage, tree.of(rows));
      watched.gapMs = Math.min(watched.gapMs * 2, limits.commandSampleMs);
      watched.dueAt = now + watched.gapMs;
    }
    this.#isLooking = false;
    this.#arm();
  }
}

function added(
  usage: CommandUsage | undefined,
  members: readonly { cpuMs: number; memoryBytes: number }[],
): CommandUsage | undefined {
  if (members.length === 0) return usage;
  let [cpuMs, memoryBytes] = [0, 0];
  for (const member of members) {
    cpuMs += member.cpuMs;
    memoryBytes += member.memoryBytes;
  }
  return {
    sampled: true,
    // What ended unwaited takes its time along: the sum may fall.
    cpuMs: Math.max(cpuMs, usage?.cpuMs ?? 0),
    peakMemoryBytes: Math.max(memoryBytes, usage?.peakMemoryBytes ?? 0),
  };
}
