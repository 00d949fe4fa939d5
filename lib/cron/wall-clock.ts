import { type CronPattern, nextWall } from "./pattern.ts";
import type { Zone } from "./zone.ts";

/**
 * When a cron pattern fires by a zone's clock, also where that is set forward or back (DESIGN
 * section 8). A fixed time that the clock never shows fires once, right after the gap; one that it
 * shows twice fires at the first. Everything else follows real time: it fires whenever the clock
 * shows it.
 */
export function nextByClock(pattern: CronPattern, zone: Zone, after: number): number | undefined {
  return pattern.isFixed ? nextFixed(pattern, zone, after) : nextFlowing(pattern, zone, after);
}

function nextFixed(pattern: CronPattern, zone: Zone, after: number): number | undefined {
  let wall = nextWall(pattern, zone.wallAt(after));
  while (wall !== undefined) {
    const instant = zone.instantAfter(wall, Number.NEGATIVE_INFINITY) ?? zone.gapEnd(wall);
    if (instant > after) return instant;
    // In a second pass: this one had its turn in the first.
    wall = nextWall(pattern, wall);
  }
  return undefined;
}

function nextFlowing(pattern: CronPattern, zone: Zone, after: number): number | undefined {
  let wall = nextWall(pattern, zone.wallAt(after));
  const setBack = setBackAhead(zone, after);
  if (setBack !== undefined) {
    const instant = wall === undefined ? undefined : zone.instantAfter(wall, after);
    if (instant !== undefined && instant < setBack) return instant;
    wall = nextWall(pattern, zone.wallAt(setBack) - 1);
  }
  while (wall !== undefined) {
    const instant = zone.instantAfter(wall, after);
    if (instant !== undefined) return instant;
    wall = nextWall(pattern, zone.wallAt(zone.gapEnd(wall)) - 1);
  }
  return undefined;
}

/** When the clock will be set back to what it shows at `after`, or to earlier. */
function setBackAhead(zone: Zone, after: number): number | undefined {
  const span = zone.spanAt(after);
  const next = zone.spanAt(span.until);
  const isAhead = after + span.offsetMs >= next.from + next.offsetMs;
  return isAhead ? next.from : undefined;
}
