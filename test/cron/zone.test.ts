import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import fc from "fast-check";
import "../seed.ts";
import { limits } from "../../lib/base/limits.ts";
import { hostZone, zoneOf } from "../../lib/cron/zone.ts";
import { zones } from "./compare.ts";
import { reader } from "./oracle.ts";

const instants = fc.integer({ min: 0, max: Date.UTC(2060, 0, 1) / 60_000 });

for (const name of zones) {
  test(`what the clock of ${name} shows is what Intl says`, () => {
    const read = reader(name);
    const zone = zoneOf(name, "zone");
    fc.assert(
      fc.property(instants, (minute) => {
        const instant = minute * 60_000;
        const wall = zone.wallAt(instant);
        assert.equal(Math.floor(wall / 60_000), read(instant));
        assert.equal(zone.instantAfter(wall, instant - 1), instant);
      }),
    );
  });
}

test("offsets have seconds where they once had", () => {
  const zone = zoneOf("Africa/Monrovia", "zone");
  assert.equal(zone.wallAt(0), -(44 * 60 + 30) * 1_000);
});

test("summer time of a single week is seen", () => {
  const zone = zoneOf("America/Recife", "zone");
  const hours = [7, 9, 14, 16].map((day) => {
    const instant = Date.UTC(2000, 9, day, 12);
    return (zone.wallAt(instant) - instant) / 3_600_000;
  });
  assert.deepEqual(hours, [-3, -2, -2, -3]);
});

test("a name that is none is refused with its path", () => {
  for (const name of ["", "Mars/Phobos", "Europe/Berlin ", "x".repeat(limits.nameChars + 1)]) {
    assert.throws(() => zoneOf(name, "schedules.nightly.zone"), {
      code: "ERR_ERGATE_SCHEDULE",
      path: "schedules.nightly.zone",
      message: /^schedules.nightly.zone is ".*": there is no such time zone/,
    });
  }
});

test("all timings of a zone share one clock", () => {
  assert.equal(zoneOf("Asia/Tokyo", "zone"), zoneOf("Asia/Tokyo", "zone"));
});

test("a zone forgets years past its bound, and asks for them again", (t) => {
  const zone = zoneOf("Europe/Paris", "zone");
  const asked = t.mock.method(Intl, "DateTimeFormat").mock;
  const summer = Date.UTC(1990, 6, 1);
  for (let at = 0; at < limits.cronZoneYears; at++) zone.spanAt(Date.UTC(1990 + at, 6, 1));
  zone.spanAt(summer);
  assert.equal(asked.callCount(), limits.cronZoneYears);
  zone.spanAt(Date.UTC(1990 + limits.cronZoneYears, 6, 1));
  assert.equal(zone.wallAt(summer), summer + 2 * 3_600_000);
  assert.equal(asked.callCount(), limits.cronZoneYears + 2);
});

test("the host's zone is what TZ says, and UTC where that is no zone", () => {
  const source = new URL("../../lib/cron/zone.ts", import.meta.url).href;
  const script = `import { hostZone } from ${JSON.stringify(source)}; console.log(hostZone());`;
  const zoneFor = (TZ: string) => {
    const options = { env: { ...process.env, TZ }, encoding: "utf8" } as const;
    return execFileSync(process.execPath, ["--input-type=module", "-e", script], options).trim();
  };
  assert.equal(
    zoneFor("Asia/Kathmandu"),
    new Intl.DateTimeFormat("en", { timeZone: "Asia/Kathmandu" }).resolvedOptions().timeZone,
  );
  assert.equal(zoneFor("Mars/Phobos"), "UTC");
  assert.doesNotThrow(() => zoneOf(hostZone(), "zone"));
});
