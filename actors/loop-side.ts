import type { Clock } from "../lib/base/clock.ts";
import { limits } from "../lib/base/limits.ts";
import { Ring } from "../lib/base/ring.ts";
import type { JobDefinition } from "../lib/job/definition.ts";
import { type Ending, runError } from "../lib/job/ending.ts";
import type { ClaimedJob } from "../lib/job/job.ts";
import type { Loop, LoopRun } from "../lib/job/loop.ts";
import type { Registry } from "../lib/job/registry.ts";
import { askedError } from "../lib/job/run-context.ts";
import type { Demand, Entry, RunAsk } from "../lib/protocol/write.ts";
import { announceRunning } from "./announce.ts";
import { noLocks } from "./freshness.ts";
import type { Surroundings } from "./links.ts";
import type { LoopHost } from "./loop-host.ts";
import type { Paces } from "./paces.ts";
import type { RunLines } from "./run-lines.ts";
import type { Settler } from "./settler.ts";

export interface LoopSideParts extends Surroundings {
  clock: Clock;
  loop: Loop;
  registry: Registry;
  concurrency: number;
  host: Pick<LoopHost, "beforeEnd" | "followersOf" | "locksOf" | "freeLocks">;
  /** Undefined: nobody wants them. */
  lines: RunLines | undefined;
  /** Whether jobs of that definition run here. */
  runs(definition: JobDefinition): boolean;
  /** JSON text that it leaves even where it failed; undefined: none. */
  resultOf?(run: LoopRun): string | undefined;
  /** Whether its process was noted in the store. */
  isNoted?(run: LoopRun): boolean;
}

/**
 * The dispatcher's half for handlers in the host's loop: what was claimed, what runs, what to ask
 * for.
 */
export class LoopSide {
  readonly #parts: LoopSideParts;
  readonly #settler: Settler;
  readonly #paces: Paces;
  /** Claimed and not yet entered, in the order of the claims. */
  readonly #backlog = new Ring<ClaimedJob>(Number.POSITIVE_INFINITY);
  readonly #waiting = new Map<string, number>();
  /**
   * Entered after being claimed ahead, and not marked in the store: since the last turn, and
   * before.
   */
  #names: readonly string[] = [];
  #entered: LoopRun[] = [];
  #enteredBefore: LoopRun[] = [];

  constructor(parts: LoopSideParts, settler: Settler, paces: Paces) {
    this.#parts = parts;
    this.#settler = settler;
    this.#paces = paces;
    this.refresh();
  }

  /** `wake` is called when runs ended. */
  listen(wake: () => void): void {
    this.#parts.loop.listen({
      ended: (run, ending) => {
        this.#ended(run, ending);
        wake();
      },
      overdue: (run) => {
        this.#overdue(run);
        wake();
      },
    });
  }

  take(job: ClaimedJob): void {
    this.#backlog.push(job);
    this.#waiting.set(job.name, (this.#waiting.get(job.name) ?? 0) + 1);
  }

  /**
   * Enters handlers while slots are free, for a turn's time at most: the host's loop goes on
   * between. Returns whether some are left that could be entered now.
   */
  startSome(): boolean {
    const { clock, loop, concurrency } = this.#parts;
    const until = clock.monotonic() + limits.kernelSliceMs;
    while (loop.active < concurrency) {
      const job = this.#next();
      if (job === undefined) return false;
      this.#start(job);
      if (clock.monotonic() >= until) return this.#backlog.size > 0 && loop.active < concurrency;
    }
    return false;
  }

  /** All that can be taken now; the queue cuts it into claims. */
  demand(): Demand {
    const { loop, concurrency } = this.#parts;
    const backlog = this.#backlog.size;
    const slots = Math.max(0, concurrency - loop.active - backlog);
    const room = limits.prefetchJobs - backlog - slots;
    const ahead: { name: string; count: number }[] = [];
    for (const name of room > 0 ? this.#names : []) {
      const count = Math.min(room, this.#paces.ahead(name) - (this.#waiting.get(name) ?? 0));
      if (count > 0) ahead.push({ name, count });
    }
    return { names: this.#names, slots, ahead, suspect: true };
  }

  /** Names were registered. */
  refresh(): void {
    const { registry, runs } = this.#parts;
    const named = registry.all().filter((definition) => runs(definition));
    this.#names = named.map(({ name }) => name);
  }

  /** A run ended by itself. */
  #ended(run: LoopRun, ending: Ending): void {
    const { clock } = this.#parts;
    this.#paces.note(run.job.name, clock.monotonic() - run.startedMs);
    if (!run.abandoned) return this.#settle(run, ending);
    this.#parts.host.freeLocks(run);
    this.#settler.cease(run.job);
  }

  /** A run did not end within its grace: its job goes on without it, its slot stays taken. */
  #overdue(run: LoopRun): void {
    if (run.abandoned) return;
    const { asked = "stop", reason } = run.context;
    const thrown = askedError(asked, reason);
    this.#settle(run, { type: "threw", error: runError(thrown), thrown }, true);
    this.#parts.loop.abandon(run);
  }

  ask({ seq, fence, ask, reason }: RunAsk): boolean {
    const { loop } = this.#parts;
    const run = loop.get(seq, fence);
    if (run !== undefined) loop.ask(run, ask, reason);
    return run !== undefined || this.#giveBack((job) => job.seq === seq && job.fence === fence);
  }

  /** What was claimed and not entered goes back, in one commit. */
  giveBackOf(queues: readonly string[] | undefined): void {
    this.#giveBack((job) => queues === undefined || queues.includes(job.queue));
  }

  abortAll(reason: string): void {
    for (const run of this.#parts.loop.runs()) this.#parts.loop.ask(run, "shutdown", reason);
  }

  /** An earlier dispatcher's runs: their jobs are given back, and they are asked to end. */
  disown(): void {
    const { loop } = this.#parts;
    for (const run of loop.runs()) {
      loop.ask(run, "shutdown", "the runtime lost track of its runs");
      loop.abandon(run);
    }
  }

  abandonAll(isSpared: (run: LoopRun) => boolean = () => false): void {
    for (const run of this.#parts.loop.runs()) {
      if (isSpared(run)) continue;
      this.#parts.host.beforeEnd(run);
      const locks = this.#parts.host.locksOf(run, "the runtime stopped");
      this.#settler.release(run.job, true, locks);
      this.#parts.loop.abandon(run);
    }
  }

  /**
   * Runs claimed ahead that were entered a turn ago and still run: a crash may suspect them now.
   */
  marks(): Entry[] {
    const still = this.#enteredBefore.filter(
      (run) => !run.abandoned && this.#parts.loop.get(run.job.seq, run.job.fence) === run,
    );
    this.#enteredBefore = this.#entered;
    this.#entered = [];
    return still.map(({ job, startedAt }) => ({ seq: job.seq, fence: job.fence, startedAt }));
  }

  get marksDue(): boolean {
    return this.#entered.length + this.#enteredBefore.length > 0;
  }

  #next(): ClaimedJob | undefined {
    const job = this.#backlog.shift();
    if (job !== undefined) this.#waiting.set(job.name, (this.#waiting.get(job.name) ?? 1) - 1);
    return job;
  }

  #start(job: ClaimedJob): void {
    const definition = this.#parts.registry.get(job.name);
    if (definition === undefined || !this.#parts.runs(definition)) {
      return this.#settler.release(job, false);
    }
    this.#parts.lines?.started(job);
    const run = this.#parts.loop.start(job, definition);
    if (job.ahead && this.#parts.loop.get(job.seq, job.fence) === run) this.#entered.push(run);
    announceRunning(this.#parts, job, run.startedAt);
  }

  #settle(run: LoopRun, ending: Ending, lingers = false): void {
    const { clock } = this.#parts;
    const { job, definition, startedAt, startedMs, context } = run;
    const { host } = this.#parts;
    host.beforeEnd(run);
    this.#settler.end({
      job,
      definition,
      startedAt,
      finishedAt: Math.max(startedAt, clock.now()),
      runMs: clock.monotonic() - startedMs,
      ending,
      asked: context.asked,
      reason: context.reason,
      followers: host.followersOf(run),
      // A handler that goes on holds what it holds.
      locks: lingers ? noLocks : host.locksOf(run),
      result: this.#parts.resultOf?.(run),
      isNoted: this.#parts.isNoted?.(run),
      lingers,
    });
  }

  #giveBack(chosen: (job: ClaimedJob) => boolean): boolean {
    let found = false;
    for (let left = this.#backlog.size; left > 0; left--) {
      const job = this.#next() as ClaimedJob;
      if (!chosen(job)) this.take(job);
      else {
        found = true;
        this.#settler.release(job, false);
      }
    }
    return found;
  }
}
