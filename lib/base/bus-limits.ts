import { dayMs, hourMs, kibi, mebi, minuteMs, secondMs } from "./units.ts";

/** Messages between processes. */
export const busLimits = {
  /** JSON of one message: it says what happened; what is larger stands in a row or a file. */
  busDataBytes: 64 * kibi,
  /** Names of events in a namespace: words of code, each a row that stays. */
  busEvents: 1_000,
  /** Durable subscriptions in a namespace: each may hold messages back from being pruned. */
  busSubscriptions: 1_000,
  /** Subscriptions of one process: an actor each. */
  busCallbacks: 1_000,
  /** Calls of `publish` that wait for their commit: a promise each, the caller's. */
  busPublishers: 100_000,
  /** Messages of one write, and writes under way: one commits while the next gathers. */
  busPublishRows: 500,
  busPublishesUnderWay: 2,
  /** Messages read at once for one subscription: at their largest 6.4 MB. */
  busReadRows: 100,
  /** Delivered, and not yet noted in the file: so many are delivered again after a crash. */
  busUnacknowledged: 100,
  /** Calls of a callback for one message before it is a dead letter, as its owner may set them. */
  busAttempts: 5,
  busAttemptsMax: 1_000,
  /**
   * Processes that died in the call for one message before it is a dead letter, beside a first
   * whose calls were not noted: one may be an accident, or the host's.
   */
  busCrashes: 2,
  /** From a failed call to the next: doubled each time. The next messages wait behind it. */
  busRetryMs: secondMs,
  busRetryMsMax: minuteMs,
  /** A callback that takes longer has failed: whatever waits behind it goes on. */
  busTimeoutMs: 5 * minuteMs,
  busTimeoutMsMax: dayMs,
  /** How long messages stay that nobody durable still waits for: a live follower's worst lag. */
  busKeptMs: hourMs,
  /** Messages of one event that stay within that time. */
  busKept: 10_000,
  /** Of one event, also where a durable subscription lags: past them it loses the oldest. */
  busKeptMax: 100_000,
  busKeptBytesMax: 64 * mebi,
  /** Messages that one sweep deletes, of all events: it shares its commit with others. */
  busPruneRows: 1_000,
  /** Dead letters, as many and as long as a person may need to look at them. */
  busLetters: 10_000,
  busLettersMs: 30 * dayMs,
  /** Looks, and news of subscriptions. */
  busMailbox: 256,
  /** One subscription's news: the newest says it all. */
  courierMailbox: 64,
} as const;
