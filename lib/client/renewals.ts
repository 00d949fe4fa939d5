import type { Timer } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { HeldLease } from "./lease.ts";
import type { LocalParts } from "./parts.ts";

/**
 * Renews leases each third of their ttl, those that are due at about the same time in one commit,
 * and loses those whose time is over. One timer stands for the earliest.
 */
export class Renewals {
  readonly #parts: Pick<LocalParts, "clock" | "ask">;
  /** When each is to be renewed, by the monotonic clock; infinity while a renewal is under way. */
  readonly #due = new Map<HeldLease, number>();
  #timer: Timer | undefined;
  #wakeMs = Number.POSITIVE_INFINITY;

  constructor(parts: Pick<LocalParts, "clock" | "ask">) {
    this.#parts = parts;
  }

  get size(): number {
    return this.#due.size;
  }

  leases(): HeldLease[] {
    return [...this.#due.keys()];
  }

  add(lease: HeldLease): void {
    this.#plan(lease, lease.deadlineMs - lease.ttlMs * (1 - limits.lockRenewShare));
  }

  remove(lease: HeldLease): void {
    this.#due.delete(lease);
    if (this.#due.size === 0) this.#disarm();
  }

  #plan(lease: HeldLease, dueMs: number): void {
    this.#due.set(lease, dueMs);
    this.#wakeAt(Math.min(dueMs, lease.deadlineMs));
  }

  #wakeAt(ms: number): void {
    if (ms >= this.#wakeMs) return;
    this.#disarm();
    this.#wakeMs = ms;
    const { clock } = this.#parts;
    this.#timer = clock.after(Math.max(0, ms - clock.monotonic()), () => this.#wake());
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#wakeMs = Number.POSITIVE_INFINITY;
  }

  /** A process that stood still loses first, and asks for nothing that is not its own any more. */
  #wake(): void {
    this.#disarm();
    const nowMs = this.#parts.clock.monotonic();
    const due: HeldLease[] = [];
    for (const [lease, dueMs] of this.#due) {
      if (lease.expire()) continue;
      if (dueMs <= nowMs + lease.ttlMs * limits.lockTogetherShare) due.push(lease);
    }
    for (let from = 0; from < due.length; from += limits.lockRenewRows) {
      this.#renew(due.slice(from, from + limits.lockRenewRows));
    }
    for (const [lease, dueMs] of this.#due) this.#wakeAt(Math.min(dueMs, lease.deadlineMs));
  }

  #renew(due: readonly HeldLease[]): void {
    const { clock, ask } = this.#parts;
    const sentMs = clock.monotonic();
    for (const lease of due) this.#due.set(lease, Number.POSITIVE_INFINITY);
    const leases = due.map(({ name, fence }) => ({ name, fence }));
    ask({ type: "renew", leases, now: clock.now() }).then(
      ({ lost }) => this.#renewed(due, new Set(lost), sentMs),
      () => this.#refused(due),
    );
  }

  #renewed(due: readonly HeldLease[], lost: ReadonlySet<number>, sentMs: number): void {
    due.forEach((lease, at) => {
      if (lease.expire()) return;
      if (lost.has(at)) {
        lease.lose("its time was over, or its worker was taken for dead");
        return;
      }
      lease.renewed(sentMs);
      this.add(lease);
    });
  }

  /** The store refuses: it is asked again, as long as the leases have time. */
  #refused(due: readonly HeldLease[]): void {
    const nowMs = this.#parts.clock.monotonic();
    for (const lease of due) {
      if (lease.expire()) continue;
      const waitMs = Math.min(limits.storeRetryMs, lease.ttlMs * limits.lockRenewShare);
      this.#plan(lease, nowMs + waitMs);
    }
  }
}
