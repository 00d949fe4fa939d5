import fc from "fast-check";
import type { Expression, Item } from "./oracle.ts";

/** Random expressions, mostly such that fire within days, at hours when clocks are set. */

const star: fc.Arbitrary<Item[]> = fc.constant([{ kind: "star" }]);

function list(...items: fc.Arbitrary<Item>[]): fc.Arbitrary<Item[]> {
  return fc.array(fc.oneof(...items), { minLength: 1, maxLength: 3 });
}

function one(min: number, max: number): fc.Arbitrary<Item> {
  return fc.integer({ min, max }).map((value) => ({ kind: "one", value }));
}

function range(min: number, max: number): fc.Arbitrary<Item> {
  return fc.tuple(fc.integer({ min, max }), fc.integer({ min, max })).map(([one, other]) => ({
    kind: "range",
    from: Math.min(one, other),
    to: Math.max(one, other),
  }));
}

function stepped(min: number, max: number): fc.Arbitrary<Item> {
  const step = fc.integer({ min: 1, max: max - min + 1 });
  return fc.oneof(
    step.map((step): Item => ({ kind: "star", step })),
    fc.tuple(range(min, max), step).map(([item, step]) => ({ ...item, step }) as Item),
  );
}

const clock = { minute: [0, 59], earlyHour: [0, 4], hour: [0, 23] } as const;

const minute = fc.oneof(
  list(one(...clock.minute), one(...clock.minute), range(...clock.minute)),
  list(stepped(...clock.minute), one(...clock.minute)),
  fc.constantFrom<Item[]>([{ kind: "one", value: 0 }], [{ kind: "one", value: 30 }]),
  star,
);
const hour = fc.oneof(
  list(one(...clock.earlyHour), range(...clock.earlyHour)),
  list(one(...clock.hour), range(...clock.hour)),
  list(stepped(...clock.hour)),
  star,
);
const dayOfMonth = fc.integer({ min: 1, max: 31 });
const monthDay = fc.oneof(
  { weight: 4, arbitrary: star },
  {
    weight: 3,
    arbitrary: list(
      one(1, 31),
      range(1, 31),
      stepped(1, 31),
      fc.constantFrom<Item>({ kind: "L" }, { kind: "LW" }),
      dayOfMonth.map((day): Item => ({ kind: "W", day })),
    ),
  },
);
const weekdayNumber = fc.integer({ min: 0, max: 7 });
const weekday = fc.oneof(
  { weight: 4, arbitrary: star },
  {
    weight: 3,
    arbitrary: list(
      one(0, 7),
      range(0, 7),
      stepped(0, 6),
      weekdayNumber.map((weekday): Item => ({ kind: "lastOf", weekday })),
      fc
        .tuple(weekdayNumber, fc.integer({ min: 1, max: 5 }))
        .map(([weekday, nth]): Item => ({ kind: "nth", weekday, nth })),
    ),
  },
);
const month = fc.oneof(
  { weight: 4, arbitrary: star },
  { weight: 1, arbitrary: list(one(1, 12), range(1, 12), stepped(1, 12)) },
);
const seconds = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: list(one(0, 59), stepped(0, 59)) },
);
const years = fc.option(list(range(2005, 2030), one(2005, 2030)), { nil: undefined });

export const expressions: fc.Arbitrary<Expression> = fc
  .record({ second: seconds, minute, hour, monthDay, month, weekday, year: years })
  .map((fields) => (fields.second === undefined ? { ...fields, year: undefined } : fields));
