import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import type { JobId } from "../job/job.ts";
import type { LockCallOptions } from "../job/lock.ts";
import type { LockAnswers, LockRow } from "../protocol/lock.ts";
import { HeldLease } from "./lease.ts";
import { LockCall, takenError } from "./lock-call.ts";
import { LockEars } from "./lock-ears.ts";
import { LockGate } from "./lock-gate.ts";
import { LockLine } from "./lock-line.ts";
import type { LocalParts } from "./parts.ts";
import { Renewals } from "./renewals.ts";

export type KeeperParts = Pick<LocalParts, "clock" | "hub" | "ask" | "bell" | "holder">;

/** A run that holds locks: they are free with its end at the latest. */
export interface LockScope {
  readonly jobId: JobId;
  readonly leases: Set<HeldLease>;
  /** What comes to be held past it is freed at once. */
  over: boolean;
}

/** The locks that this process holds and waits for. */
export class LockKeeper {
  readonly #parts: KeeperParts;
  readonly #renewals: Renewals;
  readonly #lines = new Map<string, LockLine>();
  /** Of calls that wait: the run that will hold it. */
  readonly #scopes = new WeakMap<LockCall, LockScope>();
  readonly #ears: LockEars;
  readonly #gate = new LockGate();
  #calls = 0;
  #closed = false;

  constructor(parts: KeeperParts) {
    this.#parts = parts;
    this.#renewals = new Renewals(parts);
    this.#ears = new LockEars(parts, () => this.#wakeAll());
    parts.hub.onFreed((name) => {
      if (name === undefined) this.#wakeAll();
      else this.#lines.get(name)?.wake();
    });
    parts.hub.onClose(() => this.#close());
  }

  acquire(options: LockCallOptions, scope?: LockScope): Promise<HeldLease> {
    const { name, waitMs, signal } = options;
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#closed) return Promise.reject(stopped(name));
    if (this.#renewals.size >= limits.locksHeld) {
      return Promise.reject(overloaded(`this process holds ${limits.locksHeld} locks`));
    }
    if (this.#calls >= limits.lockCalls) {
      return Promise.reject(overloaded(`${limits.lockCalls} calls wait for locks`));
    }
    this.#calls++;
    return new Promise((resolve, reject) => {
      if (waitMs === 0) this.#tryOnce(options, scope, { resolve, reject });
      else this.#wait(options, scope, { resolve, reject });
    });
  }

  #tryOnce(options: LockCallOptions, scope: LockScope | undefined, settle: Settle): void {
    const call = new LockCall(options, settle, () => this.#calls--);
    this.#attempt(call, scope).then(
      (answer) => {
        if (answer.type === "taken") call.fail(takenError(options.name, answer.by));
      },
      (error) => call.fail(error),
    );
  }

  #wait(options: LockCallOptions, scope: LockScope | undefined, settle: Settle): void {
    const line = this.#line(options.name);
    const call: LockCall = new LockCall(options, settle, () => {
      this.#calls--;
      line.leave(call);
    });
    if (scope !== undefined) this.#scopes.set(call, scope);
    call.watch(this.#parts.clock, () => line.holder);
    line.join(call);
  }

  #line(name: string): LockLine {
    const known = this.#lines.get(name);
    if (known !== undefined) return known;
    const { clock } = this.#parts;
    const line: LockLine = new LockLine({
      after: (ms, action) => clock.after(ms, action),
      now: () => clock.now(),
      attempt: (call) => this.#attempt(call, this.#scopes.get(call)),
      listen: () => this.#ears.open(),
      empty: () => {
        this.#lines.delete(name);
        if (this.#lines.size === 0) this.#ears.close();
      },
    });
    this.#lines.set(name, line);
    return line;
  }

  /** A renewal later than now is looked at twice: the second look may say that it counts as now. */
  async #attempt(call: LockCall, scope: LockScope | undefined): Promise<LockAnswers["acquire"]> {
    const first = await this.#ask(call, scope, undefined);
    if (first.type === "acquired" || first.by.renewedAt <= this.#parts.clock.now()) return first;
    return this.#ask(call, scope, first.by);
  }

  #ask(call: LockCall, scope: LockScope | undefined, seen: LockRow | undefined) {
    const { clock, ask, holder } = this.#parts;
    const { name, ttlMs } = call.options;
    const who = { holder: holder(scope?.jobId), jobId: scope?.jobId };
    return this.#gate.through(async () => {
      const sentMs = clock.monotonic();
      const answer = await ask({ type: "acquire", name, ttlMs, ...who, seen, now: clock.now() });
      if (answer.type === "acquired") this.#held(call, scope, answer.fence, sentMs);
      return answer;
    });
  }

  #held(call: LockCall, scope: LockScope | undefined, fence: number, sentMs: number): void {
    const { clock } = this.#parts;
    const { name, ttlMs } = call.options;
    const lease = new HeldLease({ name, fence }, ttlMs, sentMs, {
      clock,
      over: (ended) => {
        this.#renewals.remove(ended);
        scope?.leases.delete(ended);
      },
      free: (ended) => this.#free(ended),
    });
    if (lease.expire() || call.over || this.#closed || scope?.over === true) {
      void lease.release();
      // Nobody holds it: who waits may ask again.
      call.fail(this.#closed ? stopped(name) : endedMeanwhile(name));
      return;
    }
    this.#renewals.add(lease);
    scope?.leases.add(lease);
    call.hold(lease);
  }

  /** Tried as long as it has time: past that it is free by itself. */
  async #free(lease: HeldLease): Promise<boolean> {
    const { clock, ask } = this.#parts;
    const { name, fence } = lease;
    do {
      try {
        const release = { type: "release", leases: [{ name, fence }] } as const;
        const { held } = await this.#gate.through(() => ask(release));
        return held[0] === true;
      } catch (error) {
        if (!(error instanceof ErgateError && error.retryable)) return false;
      }
      await new Promise<void>((resolve) => clock.after(limits.storeRetryMs, resolve));
    } while (!this.#closed && clock.monotonic() < lease.deadlineMs);
    return false;
  }

  #wakeAll(): void {
    for (const line of [...this.#lines.values()]) line.wake();
  }

  /** The runtime is over: nobody gets a lock any more, and what is held is lost, then freed. */
  #close(): void {
    this.#closed = true;
    for (const [name, line] of this.#lines) {
      // The last first: else the next would ask as soon as the first is gone.
      for (const call of line.calls().reverse()) call.fail(stopped(name));
    }
    this.#ears.close();
    const held = this.#renewals.leases().filter((lease) => !lease.expire());
    for (const lease of held) lease.lose("the runtime stopped");
    const leases = held.map(({ name, fence }) => ({ name, fence }));
    if (leases.length === 0) return;
    this.#parts.ask({ type: "release", leases }).catch(() => undefined);
  }
}

interface Settle {
  resolve(lease: HeldLease): void;
  reject(reason: unknown): void;
}

function overloaded(what: string): ErgateError {
  return new ErgateError("ERR_ERGATE_OVERLOADED", what);
}

function stopped(name: string): ErgateError {
  const message = `the runtime stopped before it held the lock "${name}"`;
  return new ErgateError("ERR_ERGATE_STOPPED", message);
}

function endedMeanwhile(name: string): ErgateError {
  const message = `the lock "${name}" was held too late: its time, or the run, was over`;
  return new ErgateError("ERR_ERGATE_LOCK_LOST", message);
}
