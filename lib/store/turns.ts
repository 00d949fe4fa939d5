import { Heap } from "../base/heap.ts";

/** What one queue could give. */
export interface QueueSupply {
  queue: string;
  /** Its share against that of others. */
  weight: number;
  /** Jobs that could be claimed of it now. */
  has: number;
  /** Its turn ends the sharing: it may give nothing now, and nobody may go before it. */
  blocks?: boolean;
}

/** A queue's place in the turns. */
interface Turn {
  queue: string;
  /** Where it stands among the supplies. */
  at: number;
  /** How far it was served: each job moves it on by 1 / weight. */
  pass: number;
  stride: number;
  left: number;
}

/**
 * Shares slots between queues by weight: a deficit round robin a job at a time. The queue that lags
 * furthest behind its share gives the next job, so that over any stretch in which it has jobs a
 * queue is off its share by at most about one, and a queue of weight 1 is never starved. One that
 * was empty joins at the present: it has no claim on what it did not use. Turns belong to one
 * demand; two demands on one would shift each other's.
 */
export class Turns {
  /** Only of queues that are ahead of the present: all others join at it. */
  #passes = new Map<string, number>();

  /** By place among `supplies`, whose job comes next: `limit` jobs, or all that there are. */
  next(supplies: readonly QueueSupply[], limit: number): number[] {
    const [only] = supplies;
    if (supplies.length === 1 && only !== undefined && !only.blocks) {
      return new Array(Math.max(0, Math.min(limit, only.has))).fill(0);
    }
    const order: number[] = [];
    const heap = this.#heap(supplies);
    let now = 0;
    while (order.length < limit) {
      const turn = heap.pop();
      if (turn === undefined) break;
      if (supplies[turn.at]?.blocks) {
        heap.push(turn);
        break;
      }
      now = Math.max(now, turn.pass);
      order.push(turn.at);
      turn.pass += turn.stride;
      turn.left--;
      if (turn.left > 0) heap.push(turn);
      else this.#passes.set(turn.queue, turn.pass);
    }
    this.#remember(heap, now);
    return order;
  }

  #heap(supplies: readonly QueueSupply[]): Heap<Turn> {
    const heap = new Heap(before);
    supplies.forEach(({ queue, weight, has }, at) => {
      if (has <= 0) return;
      const pass = this.#passes.get(queue) ?? 0;
      heap.push({ queue, at, pass, stride: 1 / weight, left: has });
    });
    return heap;
  }

  /** Passes are kept from the present on, so that they stay small and exact. */
  #remember(heap: Heap<Turn>, now: number): void {
    for (let turn = heap.pop(); turn !== undefined; turn = heap.pop()) {
      this.#passes.set(turn.queue, turn.pass);
    }
    const kept = [...this.#passes].filter(([, pass]) => pass > now);
    this.#passes = new Map(kept.map(([queue, pass]) => [queue, pass - now]));
  }
}

function before(one: Turn, other: Turn): boolean {
  return one.pass === other.pass ? one.queue < other.queue : one.pass < other.pass;
}
