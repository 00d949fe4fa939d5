/** What one queue could give. */
export interface QueueSupply {
  queue: string;
  /** Jobs that could be claimed; counting may stop at the limit that is shared. */
  has: number;
}

export interface QueueShare {
  queue: string;
  take: number;
}

export interface Sharing {
  /** In the order in which to claim: the rotation's. */
  shares: readonly QueueShare[];
  /** Hand it to the next sharing as `after`: the queue that got the last odd one. */
  last: string | undefined;
}

/**
 * Shares `limit` among queues: each gets the same, at most what it has; what one leaves goes to the
 * others; odd ones go one each in turn, from the first queue by name behind `after`, so that no
 * queue starves however few slots there are. The turn goes by name and not by position: with a
 * position, a queue that comes and goes could shift another one out of its turn for ever. Keep one
 * turn a demand: with one for two, each could put the other back to its first queue for ever.
 */
export function shareOut(
  supplies: readonly QueueSupply[],
  limit: number,
  after: string | undefined,
): Sharing {
  const turns = rotated(supplies, after).map(({ queue, has }) => ({ queue, has, take: 0 }));
  const last = fill(turns, limit) ?? after;
  const shares = turns.filter(({ take }) => take > 0).map(({ queue, take }) => ({ queue, take }));
  return { shares, last };
}

interface Turn extends QueueSupply {
  take: number;
}

/** Gives until limit or supplies are used up. Returns the queue that got the last odd one. */
function fill(turns: readonly Turn[], limit: number): string | undefined {
  let left = limit;
  for (;;) {
    const open = turns.filter((turn) => turn.take < turn.has);
    if (open.length === 0 || left <= 0) return undefined;
    const each = Math.floor(left / open.length);
    if (each === 0) return giveOdd(open.slice(0, left));
    for (const turn of open) {
      const given = Math.min(each, turn.has - turn.take);
      turn.take += given;
      left -= given;
    }
  }
}

function giveOdd(turns: readonly Turn[]): string | undefined {
  for (const turn of turns) turn.take++;
  return turns.at(-1)?.queue;
}

function rotated(supplies: readonly QueueSupply[], after: string | undefined): QueueSupply[] {
  const sorted = supplies
    .filter(({ has }) => has > 0)
    .sort((one, other) => (one.queue < other.queue ? -1 : 1));
  const at = after === undefined ? 0 : sorted.findIndex(({ queue }) => queue > after);
  return at <= 0 ? sorted : [...sorted.slice(at), ...sorted.slice(0, at)];
}
