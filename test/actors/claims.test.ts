import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import "../seed.ts";
import { type Claiming, Claims } from "../../actors/claims.ts";
import { rowsOf } from "../../actors/demand.ts";
import { limits } from "../../lib/base/limits.ts";
import type { Demand } from "../../lib/protocol/write.ts";

const names = ["mail", "report"];

function demand(slots: number, ahead: Record<string, number> = {}): Demand {
  const counts = Object.entries(ahead).map(([name, count]) => ({ name, count }));
  return { names, slots, ahead: counts, suspect: true };
}

/** Sends what is due; fails where nothing is. */
function send(claims: Claims): Claiming {
  const due = claims.due();
  assert.ok(due !== undefined, "a claim is due");
  return claims.sent(due);
}

/** After a first answer that left jobs. */
function wet(demands: readonly Demand[]): Claims {
  const claims = new Claims();
  claims.demanded([demand(1)], 0);
  claims.answered(send(claims), [false]);
  claims.told();
  claims.demanded(demands, 1);
  return claims;
}

test("two claims share what was demanded, each as large as one may be, and no third goes", () => {
  const { claimRows } = limits;
  const claims = wet([demand(100, { mail: claimRows + 100 })]);
  assert.deepEqual(send(claims).demands, [demand(100, { mail: claimRows - 100 })]);
  assert.deepEqual(send(claims).demands, [demand(0, { mail: 200 })]);
  assert.equal(claims.due(), undefined);
});

test("no third claim goes, whatever is demanded", () => {
  const claims = wet([demand(10 * limits.claimRows)]);
  send(claims);
  send(claims);
  assert.equal(claims.due(), undefined);
});

test("a name for which nothing waits takes no other's place in a claim", () => {
  const claims = wet([demand(12, { mail: 2_000, report: 2_000 })]);
  const count = limits.claimRows - 12;
  assert.deepEqual(send(claims).demands, [demand(12, { mail: count, report: count })]);
});

test("a second claim goes only where the last answer left jobs", () => {
  const claims = new Claims();
  claims.demanded([demand(1_000)], 0);
  const first = send(claims);
  assert.equal(claims.due(), undefined, "nobody knows whether anything waits");
  claims.answered(first, [true]);
  claims.told();
  claims.fresh();
  claims.demanded([demand(1_000)], 1);
  send(claims);
  assert.equal(claims.due(), undefined, "the last one took all there was");
});

test("a second claim is large, or waits for the first one's answer", () => {
  const claims = wet([demand(limits.claimRows + limits.claimRowsBeside - 1)]);
  send(claims);
  assert.equal(claims.due(), undefined);
});

test("what is demanded without knowing of the last answer is dropped", () => {
  const claims = wet([]);
  claims.demanded([demand(5)], 0);
  assert.equal(claims.due(), undefined);
  claims.demanded([demand(5)], 1);
  assert.deepEqual(claims.due(), [demand(5)]);
});

test("after a dry claim none goes until there is news, also news that came during it", () => {
  const claims = new Claims();
  claims.demanded([demand(5)], 0);
  claims.answered(send(claims), [true]);
  claims.told();
  claims.demanded([demand(5)], 1);
  assert.equal(claims.due(), undefined);
  claims.fresh();
  const next = send(claims);
  claims.fresh();
  claims.answered(next, [true]);
  claims.told();
  claims.demanded([demand(5)], 2);
  assert.deepEqual(claims.due(), [demand(5)]);
});

test("a look claims even though nothing is demanded, once", () => {
  const claims = new Claims();
  claims.look();
  claims.answered(send(claims), []);
  claims.told();
  assert.equal(claims.due(), undefined);
});

/** The dispatcher and the store around the claims: who holds what, and what is on its way. */
class Around {
  readonly #claims = new Claims();
  readonly #slots: number;
  readonly #ahead: number;
  readonly #underWay: Claiming[] = [];
  /** Answers that the dispatcher was told and has not taken yet. */
  readonly #told: number[] = [];
  #held = 0;
  #heard = 0;

  constructor(slots: number, ahead: number) {
    this.#slots = slots;
    this.#ahead = ahead;
    this.#say();
  }

  get inAll(): number {
    const asked = this.#underWay.flatMap(({ demands }) => demands.map(rowsOf));
    return sum([this.#held, ...this.#told, ...asked]);
  }

  step(each: Step): void {
    if (each === "send") {
      const due = this.#claims.due();
      if (due !== undefined) this.#underWay.push(this.#claims.sent(due));
    } else if (each === "hear") {
      this.#held += sum(this.#told);
      this.#heard += this.#told.splice(0).length;
      this.#say();
    } else if (each === "fail") {
      this.#land((claiming) => this.#claims.failed(claiming), 0);
    } else if ("ends" in each) {
      this.#held -= Math.min(this.#held, each.ends);
      this.#say();
    } else {
      this.#land((claiming) => this.#claims.answered(claiming, [false]), each.gives);
    }
  }

  #say(): void {
    const slots = Math.max(0, this.#slots - this.#held);
    const mail = Math.max(0, this.#slots + this.#ahead - this.#held - slots);
    this.#claims.demanded([demand(slots, { mail })], this.#heard);
  }

  #land(how: (claiming: Claiming) => void, share: number): void {
    const first = this.#underWay.shift();
    if (first === undefined) return;
    how(first);
    this.#claims.told();
    this.#told.push(Math.ceil(sum(first.demands.map(rowsOf)) * share));
  }
}

type Step = "send" | "hear" | "fail" | { gives: number } | { ends: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant("send" as const) },
  { weight: 3, arbitrary: fc.record({ gives: fc.double({ min: 0, max: 1, noNaN: true }) }) },
  { weight: 2, arbitrary: fc.constant("hear" as const) },
  { weight: 2, arbitrary: fc.record({ ends: fc.integer({ min: 1, max: 700 }) }) },
  { weight: 1, arbitrary: fc.constant("fail" as const) },
);

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

/** A claim sent while slots were free is under way when one of them is taken by another's job. */
const filledUnevenly: Step[] = [
  ...(["send", { gives: 0 }, "hear", "send", "send", { gives: 0 }, "hear", "send"] as const),
  ...([{ gives: 1e-9 }, "hear", "send"] as const),
];

test("whatever comes when, what is held and asked for never exceeds the bound", () => {
  const bound = fc.integer({ min: 1, max: 2_000 });
  const steps = fc.array(step, { maxLength: 200, size: "max" });
  fc.assert(
    fc.property(bound, bound, steps, (slots, ahead, taken) => {
      const around = new Around(slots, ahead);
      for (const each of taken) {
        around.step(each);
        assert.ok(around.inAll <= slots + ahead);
      }
    }),
    { examples: [[61, 579, filledUnevenly]] },
  );
});
