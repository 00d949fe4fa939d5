import type { Clock } from "../lib/base/clock.ts";
import { limits } from "../lib/base/limits.ts";
import type { Random } from "../lib/base/random.ts";
import type { ClaimedJob } from "../lib/job/job.ts";
import type { Actor, Context } from "../lib/kernel/actor.ts";
import type { Reply } from "../lib/kernel/message.ts";
import type { DispatcherMessage } from "../lib/protocol/dispatcher.ts";
import type { Demand, Entry } from "../lib/protocol/write.ts";
import { isSame, nothing } from "./demand.ts";
import { Settler } from "./settler.ts";
import { Sides, type SidesParts } from "./sides.ts";

export interface DispatcherParts extends SidesParts {
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
  readonly #sides: Sides;
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
    this.#sides = new Sides(parts, this.#settler, () => this.#wake());
    if (parts.started.before) {
      this.#phase = "running";
      this.#sides.disown();
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
        return this.#sides.threads.ended(message);
      case "threadReturned":
        return this.#sides.threads.returned(message);
      case "ask":
        return this.#sides.ask(message.asks);
      case "paused":
        return this.#sides.giveBackOf(message.queues);
      case "ended":
        this.#woken = false;
        return;
      case "continue":
      case "mark":
      case "room":
        return;
      case "registered":
        return this.#sides.refresh();
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
        this.#sides.refresh();
        return this.#ctx.reply(message.reply, null);
      case "stop":
        return this.#stop(message.graceMs, message.reply);
      case "abort":
        return this.#sides.abortAll(stopReason);
      case "abandon":
        if (!this.#sides.abandonAll()) return;
        return this.#ctx.after("abandon", limits.commandForceMs, { type: "abandon" });
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
    if (!this.#sides.flush()) this.#ctx.after("hand", limits.settleAgainMs, { type: "continue" });
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
    const busy = this.#sides.active > 0;
    const mayWait = this.#phase === "running" && !this.#parts.hub.active && busy;
    const waitMs = this.#settler.flush(mayWait);
    if (waitMs > 0) this.#ctx.after("settle", waitMs, { type: "ended" });
  }

  #start(): void {
    if (this.#sides.startSome()) this.#ctx.self.tell({ type: "continue" });
    if (this.#phase === "running") this.#say();
  }

  /** Nothing is left under way when it is asked to end: `stop` came before. */
  draining(done: () => void): void {
    this.#settler.flush(false);
    done();
  }

  #take(jobs: readonly ClaimedJob[]): void {
    for (const job of jobs) {
      if (this.#phase === "stopping") this.#settler.release(job, false);
      else this.#sides.take(job);
    }
  }

  #say(): void {
    if (this.#parts.behind()) return this.#waitForRoom();
    const demands = this.#sides.demands();
    // An unchanged demand that the queue still holds is not said again.
    if (!isSame(demands, this.#said) && this.#demand(demands)) this.#said = demands;
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
    this.#marks.push(...this.#sides.marks());
    const runs = this.#marks;
    if (runs.length > 0 && this.#parts.links.queue.tell({ type: "enter", runs })) this.#marks = [];
    if (this.#marks.length === 0 && !this.#sides.marksDue) return;
    this.#ctx.after("mark", limits.enterMarkMs, { type: "mark" });
  }

  #stop(graceMs: number, reply: Reply<null>): void {
    this.#stopped.push(reply);
    if (this.#phase === "stopping") return;
    this.#phase = "stopping";
    this.#demand([]);
    this.#sides.giveBackOf(undefined);
    this.#parts.stopping();
    this.#parts.links.pool.tell({ type: "stopping" });
    this.#ctx.after("abort", Math.max(0, graceMs - limits.stopAbortMs), { type: "abort" });
    this.#ctx.after("abandon", graceMs, { type: "abandon" });
  }

  #checkStopped(): void {
    if (this.#sides.held > 0 || this.#settler.flush(false) > 0) return;
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
