import { limits } from "../lib/base/limits.ts";
import type { LocalParts } from "../lib/client/parts.ts";
import { type AttemptParts, attemptHook } from "../lib/hook/attempt.ts";
import type { HookCounter } from "../lib/hook/counts.ts";
import type { Actor, Context } from "../lib/kernel/actor.ts";
import type { HookAnswers, HookClaim, HookResult } from "../lib/protocol/hook.ts";
import type { HookSenderMessage } from "../lib/protocol/hook-sender.ts";
import type { AskQueue } from "./ask.ts";
import type { Surroundings } from "./links.ts";
import { wording } from "./wording.ts";

export interface HooksParts extends Pick<Surroundings, "logger">, AttemptParts {
  ask: AskQueue;
  read: LocalParts["read"];
  /** This runtime's worker; undefined while it has not joined: it sends nothing then. */
  owner(): string | undefined;
  timeoutMs: number;
  /** POSTs at once, and of them to one host. */
  concurrency: number;
  perHost: number;
  counter: HookCounter;
}

/**
 * Sends what status hooks have to tell. Events are claimed for the time that a POST may take, so
 * that several processes share them and what a dead one held is taken over. Those of one job go one
 * after the other; a slow host takes a share of the POSTs, and none of another's.
 */
export function hooksActor(parts: HooksParts): Actor<HookSenderMessage> {
  return {
    mailbox: { capacity: limits.hooksMailbox, overflow: "dropOldest" },
    setup(ctx) {
      const hooks = new Hooks(parts, ctx);
      hooks.receive({ type: "look" });
      return hooks;
    },
  };
}

class Hooks {
  readonly #parts: HooksParts;
  readonly #ctx: Context<HookSenderMessage>;
  readonly #abort = new AbortController();
  /** POSTs under way, in all and by host. */
  #underWay = 0;
  readonly #busy = new Map<string, number>();
  /** Where the next look at the hosts goes on. */
  #after = "";
  /** The walk over the hosts has found something to do. */
  #hasFound = false;
  #isLooking = false;
  #isAgain = false;
  #results: HookResult[] = [];
  #isSettling = false;
  #done: (() => void) | undefined;

  constructor(parts: HooksParts, ctx: Context<HookSenderMessage>) {
    this.#parts = parts;
    this.#ctx = ctx;
  }

  receive(message: HookSenderMessage): void {
    switch (message.type) {
      case "look":
        return this.#look();
      case "next":
        return this.#next(message.at);
      case "claimed":
        return this.#claimed(message.answer, message.owner);
      case "sent": {
        const { claim, owner, outcome } = message;
        this.#ended(claim.host);
        this.#results.push({ seq: claim.seq, attempt: claim.attempt, owner, outcome });
        return;
      }
      case "settled":
        return this.#settled(message);
      case "unsettled":
        this.#results.unshift(...message.results);
        this.#parts.logger.debug({ err: message.error }, wording.hooksUnsettled(message.error));
        return this.#ctx.after("settle", limits.storeRetryMs, { type: "settle" });
      case "settle":
        this.#isSettling = false;
        return;
      case "failed":
        this.#isLooking = false;
        this.#parts.logger.debug({ err: message.error }, wording.hooksUnread(message.error));
        return this.#ctx.after("poll", limits.storeRetryMs, { type: "look" });
      case "abort":
        return this.#abort.abort();
      default:
        message satisfies never;
    }
  }

  /** One commit for all that ended meanwhile. */
  flush(): void {
    if (this.#results.length > 0 && !this.#isSettling) this.#settle();
    const rests = this.#underWay === 0 && this.#results.length === 0 && !this.#isSettling;
    if (rests && !this.#isLooking) this.#done?.();
  }

  draining(done: () => void): void {
    this.#done = done;
    this.#ctx.after("abort", limits.hookStopMs, { type: "abort" });
    this.flush();
  }

  stopping(): void {
    this.#abort.abort();
    this.#parts.poster.close();
  }

  get #room(): number {
    return this.#parts.concurrency - this.#underWay;
  }

  #look(): void {
    if (this.#isLooking) {
      this.#isAgain = true;
      return;
    }
    if (this.#done !== undefined) return;
    if (this.#parts.owner() === undefined) return this.#rest(undefined);
    this.#isLooking = true;
    this.#isAgain = false;
    this.#ctx.pipe(
      this.#parts.read({ type: "nextHook" }),
      (at): HookSenderMessage => ({ type: "next", at }),
      (error): HookSenderMessage => ({ type: "failed", error }),
    );
  }

  #next(at: number | undefined): void {
    const owner = this.#parts.owner();
    const now = this.#ctx.now();
    if (owner === undefined || at === undefined || this.#done !== undefined) {
      return this.#rest(undefined);
    }
    // With no room, or behind hosts that have none: the end of a POST looks again.
    if (at > now || this.#room <= 0) return this.#rest(at > now ? at : undefined);
    const { timeoutMs, perHost } = this.#parts;
    const until = now + timeoutMs + limits.hookClaimMs;
    const place = { limit: this.#room, perHost, busy: Object.fromEntries(this.#busy) };
    this.#ctx.pipe(
      this.#parts.ask({ type: "claimHooks", owner, now, until, ...place, after: this.#after }),
      (answer): HookSenderMessage => ({ type: "claimed", answer, owner }),
      (error): HookSenderMessage => ({ type: "failed", error }),
    );
  }

  #claimed({ claims, after, buried }: HookAnswers["claimHooks"], owner: string): void {
    this.#parts.counter.buried(buried);
    for (const claim of claims) this.#send(claim, owner);
    const hasFound = claims.length > 0 || buried > 0;
    this.#hasFound = hasFound || (this.#hasFound && this.#after !== "");
    this.#after = after;
    // What is due and was not handed out waits for POSTs to its host, whose end looks again: a walk
    // that found nothing is not begun anew for it.
    if (this.#hasFound || after !== "") this.#isAgain = true;
    this.#rest(undefined);
  }

  #rest(at: number | undefined): void {
    this.#isLooking = false;
    if (this.#done !== undefined) return;
    if (this.#isAgain) return this.#look();
    // Behind what it is told: others' moves, and claims of processes that died.
    this.#ctx.after("poll", limits.pollMs, { type: "look" }, true);
    if (at === undefined) return this.#ctx.cancel("due");
    this.#ctx.after("due", Math.max(0, at - this.#ctx.now()), { type: "look" });
  }

  #send(claim: HookClaim, owner: string): void {
    this.#underWay++;
    this.#busy.set(claim.host, (this.#busy.get(claim.host) ?? 0) + 1);
    const sent = (outcome: HookResult["outcome"]): HookSenderMessage => {
      return { type: "sent", claim, owner, outcome };
    };
    if (this.#done !== undefined) return this.receive(sent({ type: "released" }));
    this.#ctx.pipe(attemptHook(this.#parts, claim, this.#abort.signal), sent, () =>
      sent({ type: "released" }),
    );
  }

  #ended(host: string): void {
    this.#underWay--;
    const left = (this.#busy.get(host) ?? 1) - 1;
    if (left === 0) this.#busy.delete(host);
    else this.#busy.set(host, left);
  }

  #settle(): void {
    const results = this.#results;
    this.#results = [];
    this.#isSettling = true;
    this.#ctx.pipe(
      this.#parts.ask({ type: "settleHooks", results, now: this.#ctx.now() }),
      ({ held }): HookSenderMessage => ({ type: "settled", results, held }),
      (error): HookSenderMessage => ({ type: "unsettled", results, error }),
    );
  }

  #settled({ results, held }: Extract<HookSenderMessage, { type: "settled" }>): void {
    this.#isSettling = false;
    const { counter, logger } = this.#parts;
    results.forEach(({ outcome }, at) => {
      if (held[at] !== true) return;
      counter.settled(outcome);
      if (outcome.type === "dead" || outcome.type === "gone") {
        logger.warn({ error: outcome.error }, wording.hookDead(outcome.type, outcome.error));
      }
    });
    this.#look();
  }
}
