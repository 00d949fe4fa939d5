import type { Demand } from "../protocol/write.ts";
import type { Allowance } from "./allowance.ts";
import type { Turns } from "./turns.ts";

/** One job name in one queue, with what could be claimed of it. */
export interface Supply {
  readonly queue: string;
  readonly name: string;
  readonly has: number;
}

/** What one queue gives to a claim, over its lanes. */
export interface Share<L> {
  queue: string;
  lanes: L[];
  take: number;
}

/** `order` names the shares by place, a job each: weights hold over any stretch of starts. */
export interface Plan<L> {
  shares: Share<L>[];
  order: readonly number[];
}

/** Shares free slots between the queues that can give something. */
export function planSlots<L extends Supply>(
  lanes: readonly L[],
  slots: number,
  allowance: Allowance,
  turns: Turns,
): Plan<L> {
  const has = (lane: L) => Math.min(lane.has, allowance.left(lane.queue, lane.name));
  const most = (queue: string) => allowance.ofQueue(queue);
  return plan(lanes, slots, { has, most, weight: (queue) => allowance.weight(queue) }, turns);
}

/**
 * Shares what may be claimed beyond the slots. Each job's count is what makes up the time that may
 * be claimed ahead; of several queues each gets its weight's part of that time's jobs. What was not
 * measured, or is limited, is never claimed before its slot is free; where it waits, its queue's
 * turn ends what is claimed ahead, since else its weight would not hold.
 */
export function planAhead<L extends Supply>(
  lanes: readonly L[],
  ahead: Demand["ahead"],
  allowance: Allowance,
  turns: Turns,
): Plan<L> {
  const counts = new Map(ahead.map(({ name, count }) => [name, count]));
  const most = new Map<string, number>();
  for (const { queue, name, has } of lanes) {
    if (has <= 0 || allowance.left(queue, name) <= 0) continue;
    const count = allowance.limits(queue, name) ? 0 : (counts.get(name) ?? 0);
    most.set(queue, Math.min(most.get(queue) ?? Infinity, count));
  }
  const weight = (queue: string) => allowance.weight(queue);
  const has = (lane: L) => (most.has(lane.queue) ? lane.has : 0);
  const bounds = { has, most: (queue: string) => most.get(queue) ?? 0, weight };
  return plan(lanes, jobsInTime(most, weight), bounds, turns);
}

/** So many that, shared by weight, their times sum up to the one that each count stands for. */
function jobsInTime(
  counts: ReadonlyMap<string, number>,
  weight: (queue: string) => number,
): number {
  let weights = 0;
  let times = 0;
  for (const [queue, count] of counts) {
    if (count === 0) continue;
    weights += weight(queue);
    times += weight(queue) / count;
  }
  return times === 0 ? 0 : Math.floor(weights / times);
}

interface Bounds<L> {
  has(lane: L): number;
  most(queue: string): number;
  weight(queue: string): number;
}

function plan<L extends Supply>(
  lanes: readonly L[],
  limit: number,
  { has, most, weight }: Bounds<L>,
  turns: Turns,
): Plan<L> {
  const shares = byQueue(lanes.filter((lane) => has(lane) > 0));
  const supplies = shares.map(({ queue, lanes: own }) => {
    const sum = own.reduce((total, lane) => total + has(lane), 0);
    const blocks = most(queue) === 0;
    return { queue, weight: weight(queue), has: blocks ? sum : Math.min(most(queue), sum), blocks };
  });
  const order = turns.next(supplies, limit);
  for (const at of order) (shares[at] as Share<L>).take++;
  return { shares, order };
}

function byQueue<L extends Supply>(lanes: readonly L[]): Share<L>[] {
  const shares = new Map<string, Share<L>>();
  for (const lane of lanes) {
    const share = shares.get(lane.queue);
    if (share === undefined) shares.set(lane.queue, { queue: lane.queue, lanes: [lane], take: 0 });
    else share.lanes.push(lane);
  }
  return [...shares.values()];
}
