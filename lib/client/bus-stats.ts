import { addFigures, type Follow, noFigures } from "../bus/follow.ts";
import type { BusQueryAnswers, DeliveryFigures, EventRow } from "../protocol/bus.ts";

/** Totals since the file was made; those of subscriptions without a name are of this process. */
export interface BusStats extends DeliveryFigures {
  published: number;
  /** Published while nobody subscribed: no callback got them. */
  unheard: number;
  /** Dead letters that are kept now. */
  letters: number;
  /** By name. `kept`: messages in the file, of `bytes` of JSON. */
  events: Pick<EventRow, "event" | "published" | "unheard" | "kept" | "bytes">[];
  subscriptions: SubscriptionStats[];
}

export interface SubscriptionStats extends DeliveryFigures {
  event: string;
  /** Undefined: one of this process alone. */
  name: string | undefined;
  /** Messages that it has not dealt with. */
  waiting: number;
  /** Some process calls its callback. */
  served: boolean;
}

export function busStats(
  { events, subscriptions, letters }: BusQueryAnswers["bus"],
  follows: readonly Follow[],
): BusStats {
  const newest = new Map(events.map(({ event, published }) => [event, published]));
  const behind = (event: string, position: number) => (newest.get(event) ?? 0) - position;
  const durable = subscriptions.map((row): SubscriptionStats => {
    const { event, name, position, owner, delivered, failed, dead, lost } = row;
    const figures = { delivered, failed, dead, lost };
    return {
      event,
      name,
      waiting: behind(event, position),
      served: owner !== undefined,
      ...figures,
    };
  });
  const live = follows.flatMap(({ event, name, place, figures }): SubscriptionStats[] => {
    if (name !== undefined || place === undefined) return [];
    const waiting = behind(event, place.position);
    return [{ event, name, waiting, served: true, ...figures }];
  });
  const all = [...durable, ...live];
  const totals = noFigures();
  for (const figures of all) addFigures(totals, figures);
  return {
    ...totals,
    published: sum(events, ({ published }) => published),
    unheard: sum(events, ({ unheard }) => unheard),
    letters,
    events: events.map(({ revision: _revision, ...row }) => row),
    subscriptions: all,
  };
}

function sum(events: readonly EventRow[], of: (event: EventRow) => number): number {
  return events.reduce((total, event) => total + of(event), 0);
}
