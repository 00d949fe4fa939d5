import { messageOf } from "../lib/base/error.ts";
import { limits } from "../lib/base/limits.ts";
import type { Actor, Context } from "../lib/kernel/actor.ts";
import type { JanitorMessage } from "../lib/protocol/janitor.ts";
import type { Retention } from "../lib/protocol/retention.ts";
import type { WriteAnswers } from "../lib/protocol/write.ts";
import { announceRetention } from "./announce.ts";
import type { AskQueue } from "./ask.ts";
import type { Surroundings } from "./links.ts";
import type { Membership } from "./membership.ts";
import { Orphanage, type OrphanageParts } from "./orphanage.ts";

export interface JanitorParts extends Surroundings, OrphanageParts {
  ask: AskQueue;
  membership: Membership;
  /** The name of this machine. */
  host: string;
  retention: Retention;
  /** Whether this process holds claimed jobs: only then its lease needs to be written. */
  busy(): boolean;
  /** The lines of deleted jobs go too. */
  forget(ids: readonly string[]): void;
}

/**
 * Finds dead runtimes each second, renews the lease while it is needed, and deletes what is past
 * its retention.
 */
export function janitorActor(parts: JanitorParts): Actor<JanitorMessage> {
  return {
    mailbox: { capacity: limits.janitorMailbox, overflow: "reject" },
    setup(ctx) {
      const janitor = new Janitor(parts, ctx);
      janitor.receive({ type: "probe" });
      janitor.receive({ type: "sweep" });
      ctx.after("beat", limits.leaseRenewMs, { type: "beat" }, true);
      return janitor;
    },
  };
}

class Janitor {
  readonly #parts: JanitorParts;
  readonly #ctx: Context<JanitorMessage>;
  readonly #orphanage: Orphanage;
  /** The bounds that were near at the last sweep. */
  #near: readonly string[] = [];

  constructor(parts: JanitorParts, ctx: Context<JanitorMessage>) {
    this.#parts = parts;
    this.#ctx = ctx;
    this.#orphanage = new Orphanage(parts, ctx);
  }

  receive(message: JanitorMessage): void {
    switch (message.type) {
      case "probe":
        return this.#probe();
      case "rescued":
        this.#orphanage.buried(message.cleared);
        this.#orphanage.take(message.answer.orphaned);
        this.#report(message.answer);
        return this.#ctx.after("probe", limits.probeMs, { type: "probe" }, true);
      case "ended":
        this.#orphanage.ended(message);
        return this.#probe();
      case "unended":
        this.#orphanage.unended(message);
        return this.#probe();
      case "beat":
        if (this.#parts.busy()) this.#parts.links.queue.tell({ type: "beat" });
        return this.#ctx.after("beat", limits.leaseRenewMs, { type: "beat" }, true);
      case "sweep":
        return this.#sweep();
      case "pruned":
        return this.#pruned(message.answer);
      case "failed":
        return this.#failed(message);
      default:
        message satisfies never;
    }
  }

  #probe(): void {
    const { host, membership } = this.#parts;
    const { worker } = membership;
    const cleared = [...this.#orphanage.cleared];
    if (worker === undefined)
      return this.#ctx.after("probe", limits.probeMs, { type: "probe" }, true);
    this.#ctx.pipe(
      this.#parts.ask({ type: "rescue", worker, now: this.#ctx.now(), host, cleared }),
      (answer): JanitorMessage => {
        return { type: "rescued", answer: answer as WriteAnswers["rescue"], cleared };
      },
      (error): JanitorMessage => ({ type: "failed", what: "probe", error }),
    );
  }

  #report({ workers }: WriteAnswers["rescue"]): void {
    for (const { id, pid, released, suspects, poisoned } of workers) {
      const fields = { worker: id, pid, released, suspects, poisoned };
      this.#parts.logger.warn(
        fields,
        `worker ${id} (pid ${pid}) died: ${released} jobs given back`,
      );
    }
  }

  #sweep(): void {
    const { retention, ask } = this.#parts;
    this.#ctx.pipe(
      ask({ type: "prune", retention, now: this.#ctx.now(), limit: limits.pruneRows }),
      (answer): JanitorMessage => ({ type: "pruned", answer: answer as WriteAnswers["prune"] }),
      (error): JanitorMessage => ({ type: "failed", what: "sweep", error }),
    );
  }

  #pruned({ deleted, more, finalBytes, dead }: WriteAnswers["prune"]): void {
    const { links, retention, forget } = this.#parts;
    if (deleted.length > 0) forget(deleted);
    if (!more) links.logSink.tell({ type: "sweep" });
    const near = [
      ...nearing(finalBytes, retention.bytes, "the bytes of finished jobs"),
      ...nearing(dead, retention.count.dead, "the count of dead jobs"),
    ];
    for (const what of near) if (!this.#near.includes(what)) this.#warn(what, { finalBytes, dead });
    this.#near = near;
    this.#ctx.after("sweep", more ? 0 : limits.sweepMs, { type: "sweep" }, true);
  }

  /** Once, when a bound comes near; again after it was left. */
  #warn(what: string, fields: object): void {
    const { hub, logger } = this.#parts;
    const reason = `${what} reached 90 % of its retention: the oldest give way`;
    logger.warn(fields, reason);
    if (hub.active) announceRetention(hub, reason, this.#ctx.now());
  }

  #failed({ what, error }: Extract<JanitorMessage, { type: "failed" }>): void {
    this.#parts.logger.debug({ err: error }, `the janitor's ${what} failed: ${messageOf(error)}`);
    const waitMs = what === "probe" ? limits.probeMs : limits.sweepMs;
    this.#ctx.after(what, waitMs, { type: what }, true);
  }
}

function nearing(kept: number, bound: number, what: string): string[] {
  return kept > 0 && kept >= bound * limits.retentionWarnShare ? [what] : [];
}
