import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import "../seed.ts";
import { limits } from "../../lib/base/limits.ts";
import { formatSchedule, parseSchedule, type ScheduleOptions } from "../../lib/cron/schedule.ts";
import { defineJob } from "../../lib/job/definition.ts";

const zone = "Europe/Berlin";
const path = "schedules.nightly";
const parse = (value: unknown, name = "nightly") => parseSchedule(name, value, path, zone);

test("what is not said has its default, the zone that of the host", () => {
  assert.deepEqual(parse({ cron: "0 3 * * *", job: "report" }), {
    name: "nightly",
    timing: { type: "cron", expression: "0 3 * * *", dialect: "ergate", zone },
    job: "report",
    args: "null",
    policy: {
      overlap: "skip",
      missed: { type: "once" },
      windowMs: 86_400_000,
      deadlineMs: undefined,
    },
    jitterMs: 0,
    hook: undefined,
    paused: false,
    meta: undefined,
  });
});

test("every field is read", () => {
  const schedule = parse({
    every: "5m",
    zone: "Asia/Tokyo",
    start: "2026-01-01T00:00",
    end: 2e12,
    job: defineJob("report"),
    args: { to: ["a"] },
    overlap: "queue-one",
    missed: "all(7)",
    window: "2h",
    deadline: "30s",
    jitter: "1m",
    hook: { url: "http://a.example/b", events: ["dead"] },
    paused: true,
    meta: { by: "x" },
  } satisfies ScheduleOptions);
  const start = Date.UTC(2025, 11, 31, 15);
  assert.deepEqual(schedule, {
    name: "nightly",
    timing: { type: "every", everyMs: 300_000, zone: "Asia/Tokyo", start, end: 2e12 },
    job: "report",
    args: '{"to":["a"]}',
    policy: {
      overlap: "queue-one",
      missed: { type: "all", max: 7 },
      windowMs: 7_200_000,
      deadlineMs: 30_000,
    },
    jitterMs: 60_000,
    hook: { url: "http://a.example/b", events: ["dead"] },
    paused: true,
    meta: '{"by":"x"}',
  });
});

test("missed is written in five ways", () => {
  const read = (missed: unknown) => parse({ every: "5m", job: "a", missed }).policy.missed;
  assert.deepEqual(read("skip"), { type: "skip" });
  assert.deepEqual(read("once"), { type: "once" });
  assert.deepEqual(read("all"), { type: "all", max: limits.scheduleCatchUp });
  assert.deepEqual(read("all(3)"), { type: "all", max: 3 });
  assert.deepEqual(read({ all: 3 }), { type: "all", max: 3 });
});

test("robfig's @every is an interval", () => {
  const { timing } = parse({ cron: "@every 1h30m", dialect: "robfig-v1", job: "a" });
  assert.deepEqual(timing, { type: "every", everyMs: 5_400_000, zone });
});

test("one whose moments are past is fine", () => {
  assert.doesNotThrow(() => parse({ at: 0, job: "a" }));
  assert.doesNotThrow(() => parse({ cron: "0 0 0 1 1 * 2020", job: "a" }));
  assert.doesNotThrow(() => parse({ every: "5m", end: 1_000, job: "a" }));
});

const base = { cron: "0 3 * * *", job: "report" };
const option = "ERR_ERGATE_OPTION";
const schedule = "ERR_ERGATE_SCHEDULE";
const refused: [value: unknown, code: string, at: string, message: RegExp][] = [
  [null, option, path, /must be an object/],
  [{ ...base, crom: 1 }, option, `${path}.crom`, /is no option: did you mean cron\?/],
  [{ job: "a" }, option, `${path}.cron`, /is missing, as are every and at/],
  [{ ...base, every: "5m" }, option, `${path}.every`, /excludes cron/],
  [{ ...base, at: 5 }, option, `${path}.at`, /excludes cron/],
  [{ ...base, cron: 5 }, option, `${path}.cron`, /must be a string/],
  [{ ...base, cron: "61 * * * *" }, schedule, `${path}.cron`, /minute 61 .* column 1$/],
  [{ ...base, cron: "0 0 30 2 *" }, schedule, `${path}.cron`, /never comes in month 2/],
  [{ ...base, zone: "Mars" }, schedule, `${path}.zone`, /there is no such time zone/],
  [{ ...base, zone: 1 }, option, `${path}.zone`, /must be a string/],
  [{ ...base, dialect: "quartz" }, option, `${path}.dialect`, /must be one of ergate,/],
  [{ every: "5m", job: "a", dialect: "ergate" }, option, `${path}.dialect`, /goes with cron/],
  [{ every: 9, job: "a" }, option, `${path}.every`, /must be 10 ms or longer/],
  [{ every: "x", job: "a" }, "ERR_ERGATE_DURATION", `${path}.every`, /a duration is/],
  [{ at: "soon", job: "a" }, schedule, `${path}.at`, /a moment is/],
  [{ ...base, start: 5, end: 5 }, option, `${path}.end`, /must be past start/],
  [{ ...base, start: "x" }, schedule, `${path}.start`, /a moment is/],
  [{ cron: "@daily" }, "ERR_ERGATE_JOB_NAME", `${path}.job`, /a job's name/],
  [{ ...base, job: {} }, "ERR_ERGATE_JOB_NAME", `${path}.job`, /a job's name/],
  [{ ...base, args: { a: 1n } }, "ERR_ERGATE_PAYLOAD_JSON", `${path}.args.a`, /no JSON form/],
  [{ ...base, overlap: "never" }, option, `${path}.overlap`, /must be one of skip,/],
  [{ ...base, missed: "never" }, option, `${path}.missed`, /must be skip, once, all/],
  [{ ...base, missed: "all(0)" }, option, `${path}.missed`, /must be skip, once, all/],
  [{ ...base, missed: "all(1001)" }, option, `${path}.missed`, /all\(1\) to all\(1000\)/],
  [{ ...base, missed: 5 }, option, `${path}.missed`, /must be skip, once, all/],
  [{ ...base, missed: {} }, option, `${path}.missed.all`, /is missing/],
  [{ ...base, missed: { all: 0 } }, option, `${path}.missed.all`, /from 1 to 1000/],
  [{ ...base, window: -1 }, "ERR_ERGATE_DURATION", `${path}.window`, /a duration is/],
  [{ ...base, deadline: "x" }, "ERR_ERGATE_DURATION", `${path}.deadline`, /a duration is/],
  [{ ...base, jitter: "24h" }, option, `${path}.jitter`, /must be below the 86400000 ms/],
  [{ every: "1m", job: "a", jitter: "1m" }, option, `${path}.jitter`, /must be below the 60000/],
  [{ ...base, paused: 1 }, option, `${path}.paused`, /must be a boolean/],
];

for (const [value, code, at, message] of refused) {
  const shown = JSON.stringify(value, (_, each) => (typeof each === "bigint" ? `${each}n` : each));
  test(`${shown} is refused at ${at}`, () => {
    assert.throws(() => parse(value), { code, path: at, message });
  });
}

test("a name that fits no line or path is refused", () => {
  for (const name of ["", "a b", "x".repeat(limits.nameChars + 1)]) {
    assert.throws(() => parse(base, name), { code: schedule, path, message: /1 to 200 letters/ });
  }
});

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const when = fc.oneof(
  fc.constantFrom({ cron: "0 3 * * *" }, { cron: "@hourly", dialect: "robfig-v1" }),
  fc.constantFrom({ cron: "0 3 * * * 2030", dialect: "cronexpr" }, { every: "2h" }, { at: 5e12 }),
);
const rest = fc.record({
  job: fc.constantFrom("report", "a:b/c"),
  zone: optional(fc.constantFrom("Asia/Tokyo", "UTC")),
  start: optional(fc.integer({ min: 0, max: 1e12 })),
  end: optional(fc.integer({ min: 2e12, max: 3e12 })),
  args: fc.jsonValue(),
  overlap: optional(fc.constantFrom("skip", "queue-one", "allow")),
  missed: optional(fc.constantFrom("skip", "once", "all", "all(9)")),
  window: optional(fc.constantFrom("1h", 5)),
  deadline: optional(fc.constantFrom("1m", 0)),
  jitter: optional(fc.constantFrom("30s", 0)),
  paused: optional(fc.boolean()),
  meta: optional(fc.constantFrom({}, { trace: "1", who: "é" })),
});

test("what is stored reads back to the same schedule, and to the same text", () => {
  fc.assert(
    fc.property(when, rest, (when, rest) => {
      const schedule = parse({ ...when, ...rest });
      const text = formatSchedule(schedule);
      const again = parseSchedule("nightly", JSON.parse(text), path, "Pacific/Apia");
      assert.deepEqual(again, schedule);
      assert.equal(formatSchedule(again), text);
    }),
  );
});
