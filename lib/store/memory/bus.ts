import type {
  BusQuery,
  BusQueryAnswers,
  EventRow,
  LetterRow,
  MessageRow,
  SubscriptionKey,
  SubscriptionRow,
} from "../../protocol/bus.ts";
import type { BusStore } from "../bus.ts";
import { decodeNameCursor, namedPage } from "../cursor.ts";
import type { Session } from "./session.ts";
import type { Table } from "./table.ts";

/** Messages between processes, as they are written and read. */

/** All of it of one namespace. */
export class BusTable {
  readonly events = new Map<string, EventRow>();
  /** By event, in the order of their numbers. */
  readonly messages = new Map<string, MessageRow[]>();
  readonly subscriptions = new Map<string, SubscriptionRow>();
  /** Events by worker. */
  readonly listeners = new Map<number, readonly string[]>();
  readonly letters = new Map<string, LetterRow>();
}

export function busStore({ table, counters }: Session): BusStore {
  const { bus } = table;
  const changed = (_done: unknown) => void table.changes++;
  return {
    event: (name) => copied(bus.events.get(name)),
    events: () => allEvents(bus),
    putEvent: (row) => changed(bus.events.set(row.event, row)),
    putMessage(row) {
      const known = bus.messages.get(row.event) ?? [];
      bus.messages.set(row.event, known);
      known.push(row);
    },
    subscription: (key) => copied(bus.subscriptions.get(keyOf(key))),
    subscriptionsOf: (event) =>
      [...bus.subscriptions.values()].filter((row) => row.event === event),
    subscriptionCount: () => bus.subscriptions.size,
    putSubscription: (row) => changed(bus.subscriptions.set(keyOf(row), row)),
    deleteSubscription: (key) => changed(bus.subscriptions.delete(keyOf(key))),
    isMember: (worker) => table.workers.has(worker),
    isListened: (event) => [...bus.listeners.values()].some((events) => events.includes(event)),
    listen: (worker, events) => changed(bus.listeners.set(worker, events)),
    letter: (id) => copied(bus.letters.get(id)),
    putLetter: (row) => changed(bus.letters.set(row.id, row)),
    deleteLetter: (id) => bus.letters.delete(id),
    oldest: (event, limit) =>
      (bus.messages.get(event) ?? []).slice(0, limit).map(({ number, at, data }) => {
        return { number, at, bytes: Buffer.byteLength(data) };
      }),
    dropMessages(event, upTo) {
      const left = (bus.messages.get(event) ?? []).filter(({ number }) => number > upTo);
      bus.messages.set(event, left);
    },
    dropLetters: (before, kept) => dropLetters(bus, before, kept),
    nextRevision: () => ++counters.revision,
    nextFence: () => ++counters.fence,
  };
}

function dropLetters({ letters }: BusTable, before: number, kept: number): void {
  for (const { id, diedAt } of letters.values()) if (diedAt <= before) letters.delete(id);
  for (const { id } of allLetters({ letters }).slice(kept)) letters.delete(id);
}

/** The worker is gone: another serves what it served, and its own callbacks went with it. */
export function leaveBus(table: Table, worker: number): void {
  const { bus } = table;
  bus.listeners.delete(worker);
  for (const [key, row] of bus.subscriptions) {
    if (row.owner !== worker) continue;
    bus.subscriptions.set(key, { ...row, owner: undefined });
    table.changes++;
  }
}

export function answerBus({ bus }: Table, query: BusQuery): BusQueryAnswers[BusQuery["type"]] {
  switch (query.type) {
    case "busChanges": {
      const newer = allEvents(bus).filter(({ revision }) => revision > query.since);
      return newer.sort((one, other) => one.revision - other.revision).slice(0, query.limit);
    }
    case "messages": {
      const all = bus.messages.get(query.event) ?? [];
      const after = all.filter(({ number }) => number > query.after);
      return after.slice(0, query.limit).map((row) => ({ ...row }));
    }
    case "subscription":
      return copied(bus.subscriptions.get(keyOf(query)));
    case "bus":
      return {
        events: allEvents(bus),
        subscriptions: [...bus.subscriptions.values()].sort(byKey).map((row) => ({ ...row })),
        letters: bus.letters.size,
      };
    case "letters":
      return letterPage(bus, query.cursor, query.limit);
    default:
      return query satisfies never;
  }
}

function letterPage(
  bus: BusTable,
  cursor: string | undefined,
  limit: number,
): BusQueryAnswers["letters"] {
  const before = decodeNameCursor(cursor) ?? "~";
  const letters = allLetters(bus).filter(({ id }) => id < before);
  return namedPage(letters, limit, ({ id }) => id);
}

function allEvents(bus: BusTable): EventRow[] {
  const rows = [...bus.events.values()].map((row) => ({ ...row }));
  return rows.sort((one, other) => (one.event < other.event ? -1 : 1));
}

/** Newest first. */
function allLetters({ letters }: Pick<BusTable, "letters">): LetterRow[] {
  const rows = [...letters.values()].map((row) => ({ ...row }));
  return rows.sort((one, other) => (one.id < other.id ? 1 : -1));
}

function byKey(one: SubscriptionRow, other: SubscriptionRow): number {
  if (one.event !== other.event) return one.event < other.event ? -1 : 1;
  return one.name < other.name ? -1 : 1;
}

/** No event's name has a line break. */
function keyOf({ event, name }: SubscriptionKey): string {
  return `${event}\n${name}`;
}

function copied<T extends object>(row: T | undefined): T | undefined {
  return row && { ...row };
}
