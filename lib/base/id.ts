import { monotonicFactory } from "ulid";
import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";

/** Makes ids: ULIDs (26 characters) that sort by the order in which one maker gave them out. */
export type NewId = () => string;

/** A maker of ULIDs whose time never goes back, even when the wall clock does. */
export function idMaker(clock: Clock, random: Random): NewId {
  const next = monotonicFactory(() => random.next());
  let latest = 0;
  return () => {
    latest = Math.max(latest, clock.now());
    return next(latest);
  };
}
