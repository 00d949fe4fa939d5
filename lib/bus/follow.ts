import type { DeliveryFigures, NewLetter } from "../protocol/bus.ts";
import type { SubscribeCall } from "./options.ts";

/**
 * One subscription of this process. It outlives the courier that serves it: one that is started
 * anew goes on where the last one was.
 */
export interface Follow extends SubscribeCall {
  /** Its courier's name. */
  readonly key: string;
  /** Where a subscription without a name stands: undefined until that was read. */
  place: Place | undefined;
  /** The number of the event's newest message, as far as it is known here. */
  published: number;
  /** The call under way. */
  running: Promise<unknown> | undefined;
  /** What was done here, since the process started. */
  readonly figures: DeliveryFigures;
  /** Letters of a subscription without a name that the file does not have yet. */
  letters: NewLetter[];
  /** No call begins any more. */
  ended: boolean;
}

export interface Place {
  /** All up to it are dealt with. */
  position: number;
  /** Calls for the next one that failed, and when it is tried again. */
  attempts: number;
  retryAt: number;
}

export function newFollow(call: SubscribeCall, number: number): Follow {
  return {
    ...call,
    key: `${call.name ?? "here"}-${number}`,
    place: undefined,
    published: 0,
    running: undefined,
    figures: noFigures(),
    letters: [],
    ended: false,
  };
}

export function noFigures(): DeliveryFigures {
  return { delivered: 0, failed: 0, dead: 0, lost: 0 };
}

export function addFigures(to: DeliveryFigures, added: DeliveryFigures): void {
  to.delivered += added.delivered;
  to.failed += added.failed;
  to.dead += added.dead;
  to.lost += added.lost;
}
