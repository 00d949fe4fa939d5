import { dayMs, hourMs, kibi, secondMs } from "./units.ts";

/** Status hooks: what one may say, how it is sent, how much may wait. */
export const hookLimits = {
  /** Of a hook's address: browsers and proxies cut longer ones. */
  hookUrlChars: 2_048,
  /** Keys that sign at once: a rotation needs two, a slow one a few more. */
  hookSecrets: 5,
  hookSecretChars: 512,
  /** Names and ranges that `hooks.allow` lists: each look goes through all. */
  hookAllow: 1_000,
  /** DESIGN's source, the jobservice, waits 10 s: from the connection to the answer's head. */
  hookTimeoutMs: 10 * secondMs,
  hookTimeoutMsMin: 100,
  hookTimeoutMsMax: 120 * secondMs,
  /** POSTs of one process at once, and to one host: a slow host takes a quarter of them. */
  hookConcurrency: 32,
  hookConcurrencyMax: 1_000,
  hookHostShare: 1 / 4,
  /** Beyond a POST's own time, for the commit of what came of it; then another may send it. */
  hookClaimMs: 30 * secondMs,
  /** Hosts that one look for due events goes through: 3 ms; the next one goes on behind them. */
  hookHosts: 1_000,
  /** Events of switched-off addresses that one look buries: a commit stays short. */
  hookBuries: 500,
  /** A receiver's answer is dropped; past so much of it the connection goes too. */
  hookAnswerBytes: 16 * kibi,
  /** A connection that nobody uses: as long as Node's own agent keeps one. */
  hookIdleMs: 5 * secondMs,
  /** Moves within a host, such as to a trailing slash or to https. */
  hookRedirects: 3,
  /** Harbor's agent, v2.15: 2 s, doubled by each failure; an hour is often enough for a day. */
  hookBackoffMs: 2 * secondMs,
  hookBackoffMsMax: hourMs,
  /** What a receiver's `Retry-After` may ask for: longer would pass for an outage. */
  hookRetryAfterMsMax: hourMs,
  /** No try is put off for longer: what is due later was put there by a clock that was ahead. */
  hookDueMsMax: 2 * hourMs,
  /** DESIGN: from an event's first attempt to its last one. */
  hookMaxAgeMs: dayMs,
  hookMaxAgeMsMax: 30 * dayMs,
  /** Why an attempt failed, as it is kept. */
  hookErrorChars: 300,
  /** Events that wait, over the file: some 600 MB. Further ones are dead at once, and counted. */
  hookWaitingRows: 1_000_000,
  /** Dead events that are kept for a resend, and for how long: as dead jobs. */
  hookDeadRows: 100_000,
  hookDeadMs: 30 * dayMs,
  /** Events that one resend looks at a commit: some 10 ms. */
  hookResendRows: 500,
  /** Addresses that are switched off, of one namespace; the oldest give way. */
  hookDisabledUrls: 10_000,
  hooksMailbox: 1_024,
  /** At the end of a runtime POSTs under way get so long; then they are sent again next time. */
  hookStopMs: secondMs,
} as const;
