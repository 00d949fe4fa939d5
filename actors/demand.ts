import { limits } from "../lib/base/limits.ts";
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

/** The most jobs that a claim of it hands out. */
export function rowsOf({ slots, ahead }: Demand): number {
  return ahead.reduce((rows, { count }) => rows + count, slots);
}

/** What of the demands is left beside claims under way, cut to what one claim may hand out. */
export function restOf(
  demands: readonly Demand[],
  claims: readonly { demands: readonly Demand[] }[],
): readonly Demand[] {
  return demands
    .map((demand) => cut(claims.reduce((left, claim) => without(left, claim.demands), demand)))
    .filter((demand) => rowsOf(demand) > 0);
}

/**
 * Loop and threads have no name in common: the first one tells them apart. A claim that was sent
 * when there was more room asks for more of a kind than is left: what it gets of that takes the
 * place of the other kind.
 */
function without(demand: Demand, claimed: readonly Demand[]): Demand {
  const own = claimed.find(({ names }) => names[0] === demand.names[0]);
  if (own === undefined) return demand;
  const over = Math.max(0, own.slots - demand.slots);
  const ahead = demand.ahead.map(({ name, count }) => {
    const left = count - countOf(own, name) - over;
    return { name, count: Math.max(0, left) };
  });
  const overAhead = own.ahead.reduce(
    (sum, { name, count }) => sum + Math.max(0, count - countOf(demand, name)),
    0,
  );
  return { ...demand, slots: Math.max(0, demand.slots - own.slots - overAhead), ahead };
}

function countOf({ ahead }: Demand, name: string): number {
  return ahead.find((other) => other.name === name)?.count ?? 0;
}

/** Each name by itself: one that nothing waits for must not take the place of another. */
function cut(demand: Demand): Demand {
  const slots = Math.min(demand.slots, limits.claimRows);
  const ahead = demand.ahead
    .map(({ name, count }) => ({ name, count: Math.min(count, limits.claimRows - slots) }))
    .filter(({ count }) => count > 0);
  return { ...demand, slots, ahead };
}
