import { limits } from "../base/limits.ts";
import type {
  Acknowledgement,
  BusAnswers,
  BusWrite,
  EventRow,
  LetterRow,
  MessageRow,
  NewMessage,
  SubscriptionKey,
  SubscriptionRow,
} from "../protocol/bus.ts";

/** What an engine does for the bus; what is to be done is decided here for all of them. */
export interface BusStore {
  event(name: string): EventRow | undefined;
  events(): readonly EventRow[];
  putEvent(row: EventRow): void;
  putMessage(row: MessageRow): void;
  subscription(key: SubscriptionKey): SubscriptionRow | undefined;
  subscriptionsOf(event: string): readonly SubscriptionRow[];
  subscriptionCount(): number;
  putSubscription(row: SubscriptionRow): void;
  deleteSubscription(key: SubscriptionKey): void;
  /** Whether the worker is there: only then its end frees what it serves. */
  isMember(worker: number): boolean;
  isListened(event: string): boolean;
  listen(worker: number, events: readonly string[]): void;
  letter(id: string): LetterRow | undefined;
  putLetter(row: LetterRow): void;
  deleteLetter(id: string): boolean;
  /** The oldest messages of an event, in their order. */
  oldest(event: string, limit: number): readonly { number: number; at: number; bytes: number }[];
  /** Deletes an event's messages up to a number. */
  dropMessages(event: string, upTo: number): void;
  /** Deletes letters that died before, and the oldest of more than `kept`. */
  dropLetters(before: number, kept: number): void;
  nextRevision(): number;
  nextFence(): number;
}

type Begin = Pick<Extract<BusWrite, { type: "begin" }>, "fence" | "number">;

export function writeBus(store: BusStore, write: BusWrite): BusAnswers[keyof BusAnswers] {
  switch (write.type) {
    case "publish":
      return publish(store, write.messages, write.now);
    case "subscribe":
      return { subscribed: write.subscriptions.map((key) => subscribe(store, key, write.now)) };
    case "unsubscribe":
      return unsubscribe(store, write);
    case "listen":
      if (store.isMember(write.worker)) store.listen(write.worker, write.events);
      return undefined;
    case "serve":
      return serve(store, write, write.worker);
    case "yield":
      return yieldTo(store, write, write.fence);
    case "begin":
      return { held: begin(store, write, write) };
    case "acknowledge":
      return { held: acknowledge(store, write) };
    case "redeliver":
      return { revision: redeliver(store, write.id, write.now) };
    case "deleteLetter":
      return { deleted: store.deleteLetter(write.id) };
    default:
      return write satisfies never;
  }
}

/** An event's row is read and written once, however many messages of it come together. */
function publish(
  store: BusStore,
  messages: readonly NewMessage[],
  now: number,
): BusAnswers["publish"] {
  const events = new Map<string, EventRow & { heard: boolean }>();
  const published = messages.map((message): BusAnswers["publish"]["published"][number] => {
    const { heard: heardHere, ...rest } = message;
    const known = events.get(message.event) ?? openEvent(store, message.event);
    if (known === undefined) return { type: "full" };
    events.set(message.event, known);
    const heard = known.heard || heardHere;
    if (!heard) known.unheard++;
    const revision = append(store, known, { ...rest, at: now, to: undefined });
    return { type: "published", revision, heard };
  });
  for (const { heard: _heard, ...row } of events.values()) store.putEvent(row);
  return { published };
}

function openEvent(store: BusStore, name: string): (EventRow & { heard: boolean }) | undefined {
  const known = eventOf(store, name);
  if (known === undefined) return undefined;
  const heard = store.subscriptionsOf(name).length > 0 || store.isListened(name);
  return { ...known, heard };
}

function eventOf(store: BusStore, event: string): EventRow | undefined {
  const known = store.event(event);
  if (known !== undefined) return known;
  // Only for a new one: few rows, all of them in one page or two.
  if (store.events().length >= limits.busEvents) return undefined;
  return { event, published: 0, revision: 0, kept: 0, bytes: 0, unheard: 0 };
}

function append(
  store: BusStore,
  event: EventRow,
  message: Omit<MessageRow, "number" | "revision">,
): number {
  const revision = store.nextRevision();
  event.published++;
  event.kept++;
  event.bytes += Buffer.byteLength(message.data);
  event.revision = revision;
  store.putMessage({ ...message, number: event.published, revision });
  return revision;
}

function subscribe(
  store: BusStore,
  { event, name }: SubscriptionKey,
  now: number,
): BusAnswers["subscribe"]["subscribed"][number] {
  const known = store.subscription({ event, name });
  if (known !== undefined) return { type: "subscribed", position: known.position };
  const row = eventOf(store, event);
  if (row === undefined || store.subscriptionCount() >= limits.busSubscriptions) {
    return { type: "full" };
  }
  if (row.published === 0) store.putEvent(row);
  const position = row.published;
  const none = { delivered: 0, failed: 0, dead: 0, lost: 0 };
  const served = { owner: undefined, fence: 0, attempts: 0, retryAt: 0, begun: 0, crashes: 0 };
  store.putSubscription({ event, name, position, ...served, ...none, createdAt: now });
  return { type: "subscribed", position };
}

function unsubscribe(store: BusStore, key: SubscriptionKey): BusAnswers["unsubscribe"] {
  const removed = store.subscription(key) !== undefined;
  if (removed) store.deleteSubscription(key);
  return { removed };
}

function serve(store: BusStore, key: SubscriptionKey, worker: number): BusAnswers["serve"] {
  const row = store.subscription(key);
  if (row === undefined) return { type: "unknown" };
  if ((row.owner ?? worker) !== worker || !store.isMember(worker)) return { type: "taken" };
  // Also where it is this worker's own: what an earlier incarnation still sends is late then.
  const fence = store.nextFence();
  const { position, attempts, retryAt } = row;
  const isDeath = row.owner !== worker && row.fence > 0 && row.begun === position + 1;
  const crashes = row.crashes + (isDeath ? 1 : 0);
  store.putSubscription({ ...row, owner: worker, fence, begun: 0, crashes });
  const isUnclean = row.fence > 0;
  return { type: "serving", fence, position, attempts, retryAt, isUnclean, crashes };
}

function yieldTo(store: BusStore, key: SubscriptionKey, fence: number): undefined {
  const row = store.subscription(key);
  if (row?.fence === fence) store.putSubscription({ ...row, owner: undefined, fence: 0 });
}

function begin(store: BusStore, key: SubscriptionKey, { fence, number }: Begin): boolean {
  const row = store.subscription(key);
  if (row?.fence !== fence) return false;
  store.putSubscription({ ...row, begun: number });
  return true;
}

function acknowledge(store: BusStore, write: Acknowledgement): boolean {
  const { event, name, fence, position, attempts, retryAt, figures, letters, now } = write;
  if (name !== undefined) {
    const row = store.subscription({ event, name });
    // By the fence alone: what a worker that has left did is still true until another serves it.
    if (row?.fence !== fence) return false;
    store.putSubscription({
      ...{ ...row, position, attempts, retryAt, begun: 0 },
      crashes: position > row.position ? 0 : row.crashes,
      delivered: row.delivered + figures.delivered,
      failed: row.failed + figures.failed,
      dead: row.dead + figures.dead,
      lost: row.lost + figures.lost,
    });
  }
  for (const letter of letters) store.putLetter({ ...letter, event, name, diedAt: now });
  return true;
}

/** It keeps its id, and comes after everything that was published meanwhile. */
function redeliver(store: BusStore, id: string, now: number): number | undefined {
  const letter = store.letter(id);
  const event = letter && eventOf(store, letter.event);
  if (letter === undefined || event === undefined) return undefined;
  if (isOrphan(store, letter)) return undefined;
  const { data, messageId, name } = letter;
  const message = { id: messageId, event: event.event, data, at: now, to: name ?? "" };
  const revision = append(store, event, message);
  store.putEvent(event);
  store.deleteLetter(id);
  return revision;
}

/** Nobody would take it: its subscription is gone. */
function isOrphan(store: BusStore, { event, name }: LetterRow): boolean {
  return name !== undefined && store.subscription({ event, name }) === undefined;
}

/**
 * Deletes messages past their age or count that every durable subscription has dealt with, and past
 * the hard bounds also others; then dead letters. Returns how many messages.
 */
export function pruneBus(store: BusStore, now: number): number {
  let deleted = 0;
  for (const event of store.events()) {
    if (deleted >= limits.busPruneRows) break;
    if (event.kept === 0) continue;
    const dropped = surplusOf(store, event, now, limits.busPruneRows - deleted);
    deleted += dropped.count;
    if (dropped.count === 0) continue;
    store.dropMessages(event.event, dropped.upTo);
    store.putEvent({
      ...event,
      kept: event.kept - dropped.count,
      bytes: event.bytes - dropped.bytes,
    });
  }
  store.dropLetters(now - limits.busLettersMs, limits.busLetters);
  return deleted;
}

function surplusOf(store: BusStore, { event, kept, bytes }: EventRow, now: number, rows: number) {
  const passed = Math.min(...store.subscriptionsOf(event).map(({ position }) => position));
  const dropped = { count: 0, bytes: 0, upTo: 0 };
  for (const message of store.oldest(event, rows)) {
    const left = { kept: kept - dropped.count, bytes: bytes - dropped.bytes };
    const isOld = message.at <= now - limits.busKeptMs || left.kept > limits.busKept;
    const isPast = left.kept > limits.busKeptMax || left.bytes > limits.busKeptBytesMax;
    if (!isPast && !(isOld && message.number <= passed)) break;
    dropped.count++;
    dropped.bytes += message.bytes;
    dropped.upTo = message.number;
  }
  return dropped;
}
