import type { Page } from "../job/job.ts";

/** What is done with messages between processes and who subscribes to them. */
export type BusWrite =
  | { type: "publish"; messages: readonly NewMessage[]; now: number }
  /** Durable subscriptions that are to be: those that are there stay as they are. */
  | { type: "subscribe"; subscriptions: readonly SubscriptionKey[]; now: number }
  /** The subscription is gone for all processes. */
  | ({ type: "unsubscribe" } & SubscriptionKey)
  /** Events that this worker has callbacks for which nobody else knows of; replaces the last. */
  | { type: "listen"; worker: number; events: readonly string[] }
  /** Makes the worker the one that serves it, unless another does. */
  | ({ type: "serve"; worker: number } & SubscriptionKey)
  /** Lets another worker serve it. */
  | ({ type: "yield"; fence: number } & SubscriptionKey)
  /** Notes that a callback is called next for the message of that number: see `crashes`. */
  | ({ type: "begin"; fence: number; number: number } & SubscriptionKey)
  | Acknowledgement
  /** Publishes what died once more, to the subscription that it died of alone. */
  | { type: "redeliver"; id: string; now: number }
  | { type: "deleteLetter"; id: string };

export interface BusAnswers {
  /** By index. `heard`: a callback is known for it. `full`: as many events as there may be. */
  publish: {
    published: readonly ({ type: "published"; revision: number; heard: boolean } | Full)[];
  };
  /** By index; `full`: as many subscriptions, or events, as there may be. */
  subscribe: { subscribed: readonly ({ type: "subscribed"; position: number } | Full)[] };
  unsubscribe: { removed: boolean };
  listen: undefined;
  /** `taken`: another worker serves it, or this one has left. `unknown`: it is gone. */
  serve: ServeAnswer;
  yield: undefined;
  /** False: another serves it meanwhile. */
  begin: { held: boolean };
  /** False: another serves it meanwhile, and nothing was noted. */
  acknowledge: { held: boolean };
  redeliver: { revision: number | undefined };
  deleteLetter: { deleted: boolean };
}

interface Full {
  type: "full";
}

export type ServeAnswer = Serving | { type: "taken" } | { type: "unknown" };

export interface Serving {
  type: "serving";
  fence: number;
  position: number;
  attempts: number;
  retryAt: number;
  /** The last that served it did not yield it: what it was called for may have killed it. */
  isUnclean: boolean;
  /** Processes that died since the call for the next message began. */
  crashes: number;
}

/** A durable subscription: a name of its own for each event. */
export interface SubscriptionKey {
  event: string;
  name: string;
}

export interface NewMessage {
  id: string;
  event: string;
  /** JSON text. */
  data: string;
  /** The publisher's process has a callback for it. */
  heard: boolean;
}

/**
 * What became of messages. Of a subscription without a name (`name` undefined) only letters are
 * kept; else all of it is noted, or nothing where `fence` no longer holds.
 */
export interface Acknowledgement {
  type: "acknowledge";
  event: string;
  name: string | undefined;
  fence: number;
  /** All up to it are dealt with. */
  position: number;
  /** Calls for the next one that failed, and when it is tried again. */
  attempts: number;
  retryAt: number;
  figures: DeliveryFigures;
  letters: readonly NewLetter[];
  now: number;
}

export interface DeliveryFigures {
  /** Messages that a callback took. */
  delivered: number;
  /** Calls that failed. */
  failed: number;
  /** Messages that became dead letters. */
  dead: number;
  /** Messages that were pruned before they were delivered. */
  lost: number;
}

/** A message in the file. Numbers count up by one within an event, revisions over all of them. */
export interface MessageRow {
  number: number;
  revision: number;
  id: string;
  event: string;
  data: string;
  at: number;
  /** A dead letter delivered again: the subscription it is for; "" for those without a name. */
  to: string | undefined;
}

export interface EventRow {
  event: string;
  /** The number and the revision of the newest message. */
  published: number;
  revision: number;
  kept: number;
  bytes: number;
  unheard: number;
}

export interface SubscriptionRow extends SubscriptionKey, DeliveryFigures {
  /** The number of the message up to which all are dealt with. */
  position: number;
  /** The key of the worker that serves it. */
  owner: number | undefined;
  /** 0: nobody served it yet, or the last that did has yielded it. */
  fence: number;
  attempts: number;
  retryAt: number;
  /** The message whose call was begun, where that is noted. */
  begun: number;
  /** Processes that died in a call that was noted, for the message behind `position`. */
  crashes: number;
  createdAt: number;
}

export type LetterReason = "schema" | "threw" | "refused" | "crashed";

/** A message that a subscription gave up. */
export interface NewLetter {
  id: string;
  messageId: string;
  revision: number;
  data: string;
  at: number;
  reason: LetterReason;
  error: string;
  /** Of the field that the schema refused. */
  path: string | undefined;
  attempts: number;
}

export interface LetterRow extends NewLetter {
  event: string;
  /** Undefined: of a subscription without a name. */
  name: string | undefined;
  diedAt: number;
}

export type BusQuery =
  /** Events with newer messages than a revision, in the order of their newest. */
  | { type: "busChanges"; since: number; limit: number }
  | { type: "messages"; event: string; after: number; limit: number }
  | ({ type: "subscription" } & SubscriptionKey)
  /** Everything there is but messages and letters. */
  | { type: "bus" }
  /** Newest first. */
  | { type: "letters"; cursor: string | undefined; limit: number };

export interface BusQueryAnswers {
  busChanges: readonly EventRow[];
  messages: readonly MessageRow[];
  subscription: SubscriptionRow | undefined;
  bus: {
    events: readonly EventRow[];
    subscriptions: readonly SubscriptionRow[];
    letters: number;
  };
  letters: Page<LetterRow>;
}

/** What the bus accepts: it follows the file's messages for the couriers below it. */
export type BusMessage =
  /** Messages may have come, or callbacks: from here, or heard from another process. */
  | { type: "look" }
  | { type: "changed"; events: readonly EventRow[] }
  | { type: "failed"; error: unknown }
  /** The file knows what this worker listens to. */
  | { type: "listened"; as: string }
  /** No call begins any more, and those under way are asked to end. */
  | { type: "halt" };

/** What the courier of one subscription accepts. */
export type CourierMessage =
  /** Something may be to be done. */
  | { type: "look" }
  | { type: "seen"; row: SubscriptionRow | undefined }
  | { type: "served"; answer: ServeAnswer }
  /** `published`: the newest number that was known when the file was asked. */
  | { type: "read"; messages: readonly MessageRow[]; published: number }
  | { type: "ran"; run: number; outcome: RunOutcome }
  | { type: "overdue"; run: number }
  | { type: "noted"; held: boolean }
  | { type: "unnoted"; error: unknown }
  /** What was noted in vain may be noted again. */
  | { type: "note" }
  /** A call of an earlier incarnation has ended, or the file knows of the one that is to begin. */
  | { type: "free" }
  /** The file could not be asked. */
  | { type: "failed"; error: unknown }
  | { type: "halt" };

/** What came of one call of a callback. */
export type RunOutcome =
  | { type: "took" }
  /** Not `attempted`: it was interrupted, and has not failed. */
  | { type: "threw"; error: string; attempted: boolean }
  | { type: "refused"; reason: LetterReason; error: string; path: string | undefined };
