import type { Clock } from "../lib/base/clock.ts";
import { limits } from "../lib/base/limits.ts";
import type { Random } from "../lib/base/random.ts";
import type { ClaimedJob } from "../lib/job/job.ts";
import type { LoopRun } from "../lib/job/loop.ts";
import type { Actor, Context } from "../lib/kernel/actor.ts";
import type { Reply } from "../lib/kernel/message.ts";
import type { DispatcherMessage } from "../lib/protocol/dispatcher.ts";
import type { Demand, Entry } from "../lib/protocol/write.ts";
import { isSame, nothing } from "./demand.ts";
import { LoopSide, type LoopSideParts } from "./loop-side.ts";
import { Paces } from "./paces.ts";
import { Settler } from "./settler.ts";
import { ThreadSide, type ThreadSideParts } from "./thread-side.ts";

export interface DispatcherParts extends LoopSideParts, ThreadSideParts {
  clock: Clock;
  random: Random;
  /** Too many log lines wait for the sink: claim nothing new. */
  behind(): boolean;
  /** Calls back once they do no longer. */
  onRoom(action: () => void): void;
  /** Aborts `ctx.stopping` of every run. */
  stopping(): void;
  /** Notes of runs that are due to be stored; `all` at a run's end. */
  flushNotes(): void;
  /** Set by a first incarnation; a later one knows that runs were lost. */
  started: { before: boolean };
}

/**
 * Matches free slots with claimable jobs: it says what it can take, runs what it gets, and hands
 * back how it went. Idle, running, stopping (claims nothing, waits for its runs), then done.
 */
export function dispatcherActor(parts: DispatcherParts): Actor<DispatcherMessage> {
  return {
    mailbox: { capacity: limits.dispatcherMailbox, overflow: "reject" },
    setup: (ctx) => new Dispatcher(parts, ctx),
  };
}

class Dispatcher {
  readonly #parts: DispatcherParts;
  readonly #ctx: Context<DispatcherMessage>;
  readonly #settler: Settler;
  readonly #loop: LoopSide;
  readonly #threads: ThreadSide;
  #phase: "idle" | "running" | "stopping" = "idle";
  #stopped: Reply<null>[] = [];
  /** The demand that the queue holds, as text; undefined once a claim used it. */
  #said: readonly Demand[] = nothing;
  /** Jobs that came in this turn. */
  #taken = 0;
  #claims = 0;
  #waitsForRoom = false;
  /** Runs claimed ahead that were entered, on their way to the store. */
  #marks: Entry[] = [];

  constructor(parts: DispatcherParts, ctx: Context<DispatcherMessage>) {
    this.#parts = parts;
    this.#ctx = ctx;
    this.#settler = new Settler(parts.clock, parts.random, parts.links, parts.lines);
    this.#loop = new LoopSide(parts, this.#settler, new Paces());
    this.#threads = new ThreadSide(parts, this.#settler);
    parts.loop.listen({
      ended: (run, ending) => {
        this.#loop.ended(run, ending);
        this.#wake();
      },
      overdue: (run: LoopRun) => {
        this.#loop.overdue(run);
        this.#wake();
      },
    });
    if (parts.started.before) {
      this.#phase = "running";
      this.#loop.disown();
      parts.links.queue.tell({ type: "rejoin" });
    }
  }

  receive(message: DispatcherMessage): void {
    switch (message.type) {
      case "claimed":
        this.#said = nothing;
        this.#claims++;
        this.#taken += message.jobs.length;
        return this.#take(message.jobs);
      case "threadEnded":
        return this.#threads.ended(message);
      case "threadReturned":
        return this.#threads.returned(message);
      case "ask":
        return this.#threads.ask(message.asks.filter((ask) => !this.#loop.ask(ask)));
      case "paused":
        return this.#giveBackOf(message.queues);
      case "ended":
        this.#woken = false;
        return;
      case "continue":
      case "mark":
      case "room":
        return;
      case "registered":
        return this.#refresh();
      default:
        return this.#lifecycle(message);
    }
  }

  #lifecycle(
    message: Extract<DispatcherMessage, { type: "start" | "stop" | "abort" | "abandon" }>,
  ) {
    switch (message.type) {
      case "start":
        this.#phase = "running";
        this.#parts.started.before = true;
        this.#refresh();
        return this.#ctx.reply(message.reply, null);
      case "stop":
        return this.#stop(message.graceMs, message.reply);
      case "abort":
        this.#loop.abortAll(stopReason);
        return this.#threads.abortAll(stopReason);
      case "abandon":
        this.#loop.abandonAll();
        return this.#threads.abandonAll();
      default:
        return message satisfies never;
    }
  }

  /**
   * Says what can be taken next, starts what was claimed, hands on what ended. Many that
   * were claimed in this turn start in the next: the queue goes between, and the next claim travels
   * meanwhile.
   */
  flush(): void {
    if (this.#phase === "running") this.#say();
    if (!this.#threads.flush()) this.#ctx.after("hand", limits.settleAgainMs, { type: "continue" });
    if (this.#taken > limits.startAtOnce) this.#ctx.self.tell({ type: "continue" });
    else if (this.#phase !== "stopping") this.#start();
    this.#taken = 0;
    this.#mark();
    this.#parts.flushNotes();
    this.#settle();
    if (this.#phase === "stopping") this.#checkStopped();
  }

  /** Nobody who listens waits for a fuller commit. */
  #settle(): void {
    const busy = this.#parts.loop.active + this.#threads.active > 0;
    const mayWait = this.#phase === "running" && !this.#parts.hub.active && busy;
    const waitMs = this.#settler.flush(mayWait);
    if (waitMs > 0) this.#ctx.after("settle", waitMs, { type: "ended" });
  }

  #start(): void {
    if (this.#loop.startSome()) this.#ctx.self.tell({ type: "continue" });
    if (this.#phase === "running") this.#say();
  }

  /** Nothing is left under way when it is asked to end: `stop` came before. */
  draining(done: () => void): void {
    this.#settler.flush(false);
    done();
  }

  #take(jobs: readonly ClaimedJob[]): void {
    for (const job of jobs) {
      const definition = this.#parts.registry.get(job.name);
      if (this.#phase === "stopping") this.#settler.release(job, false);
      else if (definition?.thread !== undefined) this.#threads.take(job);
      else this.#loop.take(job);
    }
  }

  #say(): void {
    if (this.#parts.behind()) return this.#waitForRoom();
    const demands = [this.#loop.demand(), this.#threads.demand()].filter(
      ({ names, slots, ahead }) => names.length > 0 && slots + ahead.length > 0,
    );
    // An unchanged demand that the queue still holds is not said again.
    if (!isSame(demands, this.#said) && this.#demand(demands)) this.#said = demands;
  }

  #refresh(): void {
    this.#loop.refresh();
    this.#threads.refresh();
  }

  #demand(demands: readonly Demand[]): boolean {
    return this.#parts.links.queue.tell({ type: "demand", demands, after: this.#claims });
  }

  #waitForRoom(): void {
    this.#demand([]);
    this.#said = nothing;
    if (this.#waitsForRoom) return;
    this.#waitsForRoom = true;
    this.#parts.onRoom(() => {
      this.#waitsForRoom = false;
      this.#ctx.self.tell({ type: "room" });
    });
  }

  #mark(): void {
    this.#marks.push(...this.#loop.marks(), ...this.#threads.marks());
    const runs = this.#marks;
    if (runs.length > 0 && this.#parts.links.queue.tell({ type: "enter", runs })) this.#marks = [];
    if (this.#marks.length === 0 && !this.#loop.marksDue && !this.#threads.marksDue) return;
    this.#ctx.after("mark", limits.enterMarkMs, { type: "mark" });
  }

  #giveBackOf(queues: readonly string[] | undefined): void {
    this.#loop.giveBackOf(queues);
    this.#threads.giveBackOf(queues);
  }

  #stop(graceMs: number, reply: Reply<null>): void {
    this.#stopped.push(reply);
    if (this.#phase === "stopping") return;
    this.#phase = "stopping";
    this.#demand([]);
    this.#giveBackOf(undefined);
    this.#parts.stopping();
    this.#parts.links.pool.tell({ type: "stopping" });
    this.#ctx.after("abort", Math.max(0, graceMs - limits.stopAbortMs), { type: "abort" });
    this.#ctx.after("abandon", graceMs, { type: "abandon" });
  }

  #checkStopped(): void {
    const busy = this.#parts.loop.runs().length + this.#threads.active;
    if (busy > 0 || this.#settler.flush(false) > 0) return;
    this.#ctx.cancel("abort");
    this.#ctx.cancel("abandon");
    for (const reply of this.#stopped) this.#ctx.reply(reply, null);
    this.#stopped = [];
  }

  /** Ended runs wait in the settler; one message a turn brings the flush. */
  #woken = false;
  #wake(): void {
    if (this.#woken) return;
    this.#woken = this.#ctx.self.tell({ type: "ended" });
  }
}

const stopReason = "the runtime is stopping";
