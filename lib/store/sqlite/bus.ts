import type {
  BusQuery,
  BusQueryAnswers,
  EventRow,
  LetterReason,
  LetterRow,
  MessageRow,
  SubscriptionRow,
} from "../../protocol/bus.ts";
import type { BusStore } from "../bus.ts";
import { decodeNameCursor, namedPage } from "../cursor.ts";
import * as sql from "./bus.sql.ts";
import * as read from "./read.sql.ts";
import type { Reader } from "./reader.ts";
import { optional, optionalText } from "./rows.ts";
import type { Row, Session } from "./session.ts";

/** Messages between processes, as they are written and read. */

export function busStore(session: Session): BusStore {
  return { ...eventsOf(session), ...subscriptionsOf(session), ...lettersOf(session) };
}

function eventsOf(session: Session) {
  const { namespace, book } = session;
  const prepared = (text: string) => session.sql(text);
  return {
    event(name: string) {
      const row = prepared(sql.eventByName).get(namespace, name) as Row | undefined;
      return row && eventRow(row);
    },
    events: () => (prepared(sql.allEvents).all(namespace) as Row[]).map(eventRow),
    putEvent({ event, published, revision, kept, bytes, unheard }: EventRow) {
      prepared(sql.saveEvent).run(namespace, event, published, revision, kept, bytes, unheard);
    },
    putMessage({ number, revision, id, event, data, at, to }: MessageRow) {
      const values = [number, revision, id, event, data, at, to ?? null, Buffer.byteLength(data)];
      prepared(sql.insertMessage).run(namespace, ...values);
    },
    oldest: (event: string, limit: number) =>
      prepared(sql.oldestMessages).all(namespace, event, limit) as {
        number: number;
        at: number;
        bytes: number;
      }[],
    dropMessages: (event: string, upTo: number) =>
      void prepared(sql.dropMessages).run(namespace, event, upTo),
    nextRevision: () => book.nextRevision(),
    nextFence: () => book.nextFence(),
  };
}

function subscriptionsOf(session: Session) {
  const { namespace } = session;
  const prepared = (text: string) => session.sql(text);
  return {
    subscription({ event, name }: { event: string; name: string }) {
      const row = prepared(sql.subscriptionByKey).get(namespace, event, name) as Row | undefined;
      return row && subscriptionRow(row);
    },
    subscriptionsOf: (event: string) =>
      (prepared(sql.subscriptionsOfEvent).all(namespace, event) as Row[]).map(subscriptionRow),
    subscriptionCount: () =>
      (prepared(sql.countSubscriptions).get(namespace) as { count: number }).count,
    putSubscription(row: SubscriptionRow) {
      const { event, name, position, owner, fence, attempts, retryAt } = row;
      const at = [event, name, position, owner ?? null, fence, attempts, retryAt];
      const served = [...at, row.begun, row.crashes];
      const figures = [row.delivered, row.failed, row.dead, row.lost, row.createdAt];
      prepared(sql.saveSubscription).run(namespace, ...served, ...figures);
    },
    deleteSubscription: ({ event, name }: { event: string; name: string }) =>
      void prepared(sql.deleteSubscription).run(namespace, event, name),
    isMember: (worker: number) => prepared(read.workerOf).get(worker) !== undefined,
    isListened: (event: string) => prepared(sql.listenerOf).get(namespace, event) !== undefined,
    listen(worker: number, events: readonly string[]) {
      prepared(sql.deleteListenersOf).run(worker);
      for (const event of events) prepared(sql.insertListener).run(namespace, event, worker);
    },
  };
}

function lettersOf(session: Session) {
  const { namespace } = session;
  return {
    letter(id: string) {
      const row = session.sql(sql.letterById).get(namespace, id) as Row | undefined;
      return row && letterRow(row);
    },
    putLetter(row: LetterRow) {
      const { id, event, name, messageId, revision, data, at, reason, error, path } = row;
      const message = [id, event, name ?? null, messageId, revision, data, at];
      const death = [reason, error, path ?? null, row.attempts, row.diedAt];
      session.sql(sql.insertLetter).run(namespace, ...message, ...death);
    },
    deleteLetter: (id: string) => session.sql(sql.deleteLetter).run(namespace, id).changes > 0,
    dropLetters(before: number, kept: number) {
      session.sql(sql.dropOldLetters).run(namespace, before);
      session.sql(sql.dropLettersPast).run(namespace, kept);
    },
  };
}

/** The worker is gone: another serves what it served, and its own callbacks went with it. */
export function leaveBus(session: Session, worker: number): void {
  session.sql(sql.freeSubscriptionsOf).run(worker);
  session.sql(sql.deleteListenersOf).run(worker);
}

export function answerBus(reader: Reader, query: BusQuery): BusQueryAnswers[BusQuery["type"]] {
  const { namespace } = reader;
  const rows = (text: string, ...values: (string | number)[]) =>
    reader.sql(text).all(namespace, ...values) as Row[];
  switch (query.type) {
    case "busChanges":
      return rows(sql.eventsSince, query.since, query.limit).map(eventRow);
    case "messages":
      return rows(sql.messagesAfter, query.event, query.after, query.limit).map(messageRow);
    case "subscription":
      return rows(sql.subscriptionByKey, query.event, query.name).map(subscriptionRow)[0];
    case "bus":
      return {
        events: rows(sql.allEvents).map(eventRow),
        subscriptions: rows(sql.allSubscriptions).map(subscriptionRow),
        letters: Number(rows(sql.countLetters)[0]?.count),
      };
    case "letters":
      return letterPage(reader, query.cursor, query.limit);
    default:
      return query satisfies never;
  }
}

function letterPage(
  reader: Reader,
  cursor: string | undefined,
  limit: number,
): BusQueryAnswers["letters"] {
  // Past every id: they are ULIDs.
  const before = decodeNameCursor(cursor) ?? "~";
  const rows = reader.sql(sql.lettersBefore).all(reader.namespace, before, limit + 1) as Row[];
  return namedPage(rows.map(letterRow), limit, ({ id }) => id);
}

function eventRow(row: Row): EventRow {
  return row as unknown as EventRow;
}

function messageRow({ recipient, ...row }: Row): MessageRow {
  return { ...(row as unknown as MessageRow), to: optionalText(recipient) };
}

function subscriptionRow({ owner, retry_at, created_at, ...row }: Row): SubscriptionRow {
  return {
    ...(row as unknown as SubscriptionRow),
    owner: optional(owner as number | null),
    retryAt: Number(retry_at),
    createdAt: Number(created_at),
  };
}

function letterRow({ name, message_id, path, reason, died_at, ...row }: Row): LetterRow {
  return {
    ...(row as unknown as LetterRow),
    name: optionalText(name),
    messageId: String(message_id),
    path: optionalText(path),
    reason: reason as LetterReason,
    diedAt: Number(died_at),
  };
}
