import { limits } from "../lib/base/limits.ts";
import type { Demand } from "../lib/protocol/write.ts";
import { nothing, restOf, rowsOf } from "./demand.ts";

/** A claim under way: what it asks for, and how many news had come when it was sent. */
export interface Claiming {
  readonly demands: readonly Demand[];
  readonly news: number;
}

/**
 * When to claim, and how much. Two claims may be under way: with one alone the store stood idle
 * from its answer until the host had asked for more. The bounds stay exact, since what is under way
 * is taken off the demand as if each claim gave all that it asks for.
 */
export class Claims {
  /** What the dispatcher can take beside what it was given. */
  #demands: readonly Demand[] = nothing;
  readonly #underWay = new Set<Claiming>();
  /** Demands, by their first name, that the last answer left nothing for; nothing came since. */
  readonly #dry = new Set<string>();
  /** Those that it left something for. */
  readonly #wet = new Set<string>();
  /** Those that a concurrency held jobs back from: the end of a run may free the next. */
  readonly #held = new Set<string>();
  /** How often something may have become claimable. */
  #news = 0;
  /** Ask the store what other processes did, though nothing is demanded. */
  #lookDue = false;
  /** Answered to the dispatcher. */
  #answers = 0;
  /** One was answered in this turn: the next demand is on its way. */
  answering = false;

  /** Whether settlements can wait for a claim that carries them. */
  get comes(): boolean {
    return this.#underWay.size > 0 || this.answering;
  }

  /** A demand that knows of fewer answers than were given counts some jobs as room. */
  demanded(demands: readonly Demand[], after: number): void {
    if (after === this.#answers) this.#demands = demands;
  }

  /** Something may have become claimable. */
  fresh(): void {
    this.#dry.clear();
    this.#news++;
  }

  /** Runs ended. */
  ended(): void {
    if (this.#held.size > 0) this.fresh();
  }

  look(): void {
    this.fresh();
    this.#lookDue = true;
  }

  /** Nothing is to be claimed any more. */
  withdraw(): void {
    this.#demands = nothing;
    this.#lookDue = false;
  }

  /** A new dispatcher counts anew. */
  restart(): void {
    this.#answers = 0;
    this.#demands = nothing;
  }

  /** What to claim now; undefined: nothing. */
  due(): readonly Demand[] | undefined {
    if (this.#underWay.size >= limits.claimsInFlight) return undefined;
    const rest = restOf(this.#demands, [...this.#underWay]);
    if (this.#underWay.size > 0) return this.#isWorthASecond(rest) ? rest : undefined;
    return this.#lookDue || rest.some((demand) => !this.#dry.has(keyOf(demand))) ? rest : undefined;
  }

  sent(demands: readonly Demand[]): Claiming {
    const claiming = { demands, news: this.#news };
    this.#underWay.add(claiming);
    this.#lookDue = false;
    return claiming;
  }

  /** `dry` by demand: whether the claim left nothing. The dispatcher says anew what it can take. */
  answered(claiming: Claiming, dry: readonly boolean[], held = false): void {
    this.#land(claiming);
    claiming.demands.forEach((demand, at) => {
      const key = keyOf(demand);
      if (held) this.#held.add(key);
      else this.#held.delete(key);
      if (dry[at] === false) {
        this.#wet.add(key);
        this.#dry.delete(key);
        return;
      }
      this.#wet.delete(key);
      if (claiming.news === this.#news) this.#dry.add(key);
    });
  }

  failed(claiming: Claiming): void {
    this.#land(claiming);
    this.#wet.clear();
    this.fresh();
  }

  /** The dispatcher was told of an answer. */
  told(): void {
    this.#answers++;
  }

  #land(claiming: Claiming): void {
    this.#underWay.delete(claiming);
    this.#demands = nothing;
  }

  /** On an idle runtime it would find nothing, and a small one costs a commit of its own. */
  #isWorthASecond(rest: readonly Demand[]): boolean {
    return rest.some(
      (demand) => this.#wet.has(keyOf(demand)) && rowsOf(demand) >= limits.claimRowsBeside,
    );
  }
}

function keyOf({ names }: Demand): string {
  return names[0] ?? "";
}
