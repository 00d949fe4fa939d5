import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import "../seed.ts";
import { limits } from "../../lib/base/limits.ts";
import { type Due, type DueFacts, type DueSkip, dueSlots } from "../../lib/cron/due.ts";
import { between, next, type Timing, timingOf } from "../../lib/cron/timing.ts";
import type { Missed, SchedulePolicy } from "../../lib/job/schedule-policy.ts";

const start = Date.UTC(2026, 0, 1);
const [second, minute, hour, day] = [1_000, 60_000, 3_600_000, 86_400_000];
const policyOf = (missed: Missed, windowMs = day): SchedulePolicy => ({
  overlap: "skip",
  missed,
  windowMs,
  deadlineMs: undefined,
});
const cron = (expression: string, zone = "UTC"): Timing =>
  timingOf({ type: "cron", expression, dialect: "ergate", zone }, start);
const minutely = cron("* * * * *");

function look(timing: Timing, policy: SchedulePolicy, facts: Partial<DueFacts>): Due {
  const now = facts.now ?? start;
  return dueSlots(timing, policy, {
    lastPlanned: start,
    now,
    awakeSince: start,
    delayMs: 0,
    ...facts,
  });
}

const planned = ({ runs }: Due) => runs.map(({ planAt }) => (planAt - start) / second);

test("before its time nothing is due, and the next look is told", () => {
  const due = look(minutely, policyOf({ type: "once" }), { now: start + 59_999 });
  assert.deepEqual(due, { runs: [], skips: [], lastPlanned: start, nextAt: start + minute });
});

test("at its time it runs, once", () => {
  const due = look(minutely, policyOf({ type: "skip" }), { now: start + minute });
  assert.deepEqual(due.runs, [{ planAt: start + minute, trigger: "cron" }]);
  assert.equal(due.nextAt, start + 2 * minute);
  const again = look(minutely, policyOf({ type: "skip" }), {
    lastPlanned: due.lastPlanned,
    now: start + minute,
  });
  assert.deepEqual(planned(again), []);
});

test("jitter delays what runs and the next look, and not the planned time", () => {
  const facts = { delayMs: 10 * second, now: start + minute + 10 * second - 1 };
  const early = look(minutely, policyOf({ type: "skip" }), facts);
  assert.deepEqual([planned(early), early.nextAt], [[], start + 70 * second]);
  const due = look(minutely, policyOf({ type: "skip" }), { ...facts, now: facts.now + 1 });
  assert.deepEqual([planned(due), due.nextAt], [[60], start + 130 * second]);
});

test("one that jitter delays past the scheduler's start is not missed", () => {
  const facts = { delayMs: 10 * second, now: start + 71 * second };
  const missed = policyOf({ type: "skip" });
  const due = look(minutely, missed, { ...facts, awakeSince: start + 70 * second });
  assert.deepEqual(due.runs, [{ planAt: start + minute, trigger: "cron" }]);
  const late = look(minutely, missed, { ...facts, awakeSince: start + 71 * second });
  assert.deepEqual(planned(late), []);
});

const paused: [missed: Missed, run: number[], skips: [from: number, until: number, string][]][] = [
  [{ type: "skip" }, [], [[1, 3, "missed"]]],
  [{ type: "once" }, [3], [[1, 2, "coalesced"]]],
  [{ type: "all", max: 3 }, [1, 2, 3], []],
  [{ type: "all", max: 2 }, [2, 3], [[1, 1, "max"]]],
];

for (const [missed, run, skips] of paused) {
  const policy = missed.type === "all" ? `all(${missed.max})` : missed.type;
  test(`a sleep over three periods with missed: ${policy} makes ${run.length} runs`, () => {
    const now = start + 3.5 * second;
    const due = look(cron("* * * * * *"), policyOf(missed), { now, awakeSince: now });
    assert.deepEqual(planned(due), run);
    assert.ok(due.runs.every(({ trigger }) => trigger === "catch-up"));
    const shown = due.skips.map(({ from, until, reason }) => [
      ...[(from - start) / second, (until - start) / second, reason],
    ]);
    assert.deepEqual(shown, skips);
    assert.equal(due.lastPlanned, start + 3 * second);
    assert.equal(due.nextAt, start + 4 * second);
  });
}

test("what was due since the scheduler is awake is not missed, however many there are", () => {
  const due = look(cron("* * * * * *"), policyOf({ type: "skip" }), {
    now: start + 3.5 * second,
    awakeSince: start + 1.5 * second,
  });
  assert.deepEqual(planned(due), [2, 3]);
  assert.deepEqual(
    due.skips.map(({ count, reason }) => [count, reason]),
    [[1, "missed"]],
  );
});

test("what was missed before the window is skipped, and the newest in it runs", () => {
  const now = start + 10 * hour + 30 * second;
  const due = look(cron("0 * * * *"), policyOf({ type: "once" }, 3 * hour), {
    now,
    awakeSince: now,
  });
  assert.deepEqual(planned(due), [10 * 3_600]);
  const skip = (from: number, until: number, reason: string) => {
    const count = until - from + 1;
    return { from: start + from * hour, until: start + until * hour, count, more: false, reason };
  };
  assert.deepEqual(due.skips, [skip(1, 7, "window"), skip(8, 9, "coalesced")]);
});

test("nothing runs when all that was missed is before the window", () => {
  const now = start + 10 * day;
  const due = look(cron("0 0 2 1 *"), policyOf({ type: "once" }), { now, awakeSince: now });
  assert.deepEqual(planned(due), []);
  assert.deepEqual(
    due.skips.map(({ reason }) => reason),
    ["window"],
  );
  assert.equal(due.lastPlanned, start + day);
  assert.equal(due.nextAt, Date.UTC(2027, 0, 2));
});

test("a year of missed minutes is two records and a bounded count", () => {
  const now = start + 365 * day + 30 * second;
  const due = look(minutely, policyOf({ type: "once" }), { now, awakeSince: now });
  assert.deepEqual(planned(due), [365 * 86_400]);
  const [old, young] = due.skips as [DueSkip, DueSkip];
  const { count, more, reason } = old;
  const counted = { count: limits.scheduleCounted, more: true, reason: "window" };
  assert.deepEqual({ count, more, reason }, counted);
  assert.deepEqual([young.count, young.more, young.reason], [1_439, false, "coalesced"]);
  assert.equal(due.nextAt, start + 365 * day + minute);
});

test("one look hands out a bounded number, and asks for another at once", () => {
  const timing = timingOf({ type: "every", everyMs: 10, zone: "UTC" }, start);
  const now = start + 5_000;
  const due = look(timing, policyOf({ type: "skip" }), { now });
  assert.equal(due.runs.length, limits.scheduleDueSlots);
  assert.ok((due.nextAt as number) <= now);
  const rest = look(timing, policyOf({ type: "skip" }), { now, lastPlanned: due.lastPlanned });
  assert.equal(rest.runs[0]?.planAt, due.lastPlanned + 10);
});

test("one that is over has no next look", () => {
  const over = timingOf({ type: "at", at: start + minute, zone: "UTC" }, start);
  const due = look(over, policyOf({ type: "once" }), { now: start + hour });
  assert.deepEqual([planned(due), due.nextAt], [[60], undefined]);
});

interface Step {
  by: number;
  isSleep: boolean;
}

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.record({
    by: fc.oneof(
      fc.integer({ min: 0, max: 5 * minute }),
      fc.constantFrom(hour, -hour, 7 * hour, 2 * day),
    ),
    isSleep: fc.boolean(),
  }),
  { minLength: 1, maxLength: 30 },
);
const misseds = fc.constantFrom<Missed>(
  ...([{ type: "skip" }, { type: "once" }, { type: "all", max: 3 }] as const),
);
const timings = fc.constantFrom(
  minutely,
  cron("*/7 * * * *", "Europe/Berlin"),
  cron("30 2 * * *", "Europe/Berlin"),
  cron("0 */2 * * *", "America/New_York"),
  timingOf({ type: "every", everyMs: 90 * second, zone: "UTC" }, start),
);
/** Around the days on which Berlin's and New York's clocks are set. */
const starts = fc.constantFrom(...[Date.UTC(2026, 2, 28, 22), Date.UTC(2026, 9, 24, 22)]);

test("over jumps of the clock and sleeps each due time is run or skipped, exactly once", () => {
  fc.assert(
    fc.property(
      timings,
      misseds,
      starts,
      steps,
      fc.nat(50 * second),
      (timing, missed, from, walk, delayMs) => {
        const policy = policyOf(missed, 4 * hour);
        const dealt: number[] = [];
        let [lastPlanned, now, newest] = [from, from, from];
        let awakeSince = from;
        for (const { by, isSleep } of walk) {
          now += by;
          newest = Math.max(newest, now);
          if (isSleep) awakeSince = now;
          for (let looks = 0; looks < 100; looks++) {
            const due = dueSlots(timing, policy, { lastPlanned, now, awakeSince, delayMs });
            for (const { from, until } of due.skips)
              dealt.push(...between(timing, from - 1, until, 1e6));
            dealt.push(...due.runs.map(({ planAt }) => planAt));
            lastPlanned = due.lastPlanned;
            const later = next(timing, lastPlanned) as number;
            assert.equal(due.nextAt, later + delayMs);
            if (later + delayMs > now) break;
          }
        }
        assert.deepEqual(dealt, between(timing, from, newest - delayMs, 1e6));
      },
    ),
    { numRuns: 300 },
  );
});
