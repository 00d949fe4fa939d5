import type { Demand } from "../lib/protocol/write.ts";

/** Nothing can be taken, or nothing was said yet. */
export const nothing: readonly Demand[] = [];

/** Whether two demands ask for the same, so that the second need not be said. */
export function isSame(one: readonly Demand[], other: readonly Demand[]): boolean {
  return (
    one.length === other.length &&
    one.every(({ names, slots, ahead }, at) => {
      const told = other[at] as Demand;
      return (
        names === told.names &&
        slots === told.slots &&
        ahead.length === told.ahead.length &&
        ahead.every(({ count }, place) => count === told.ahead[place]?.count)
      );
    })
  );
}
