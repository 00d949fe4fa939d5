import { dayMs, kibi, mebi } from "./units.ts";

/** Jobs, queues, and what a user may ask for. */
export const jobLimits = {
  /** A payload's or result's JSON. Larger things belong in a file that the payload names. */
  payloadBytes: mebi,
  /** From here a payload slows its neighbours in a batch: one warning a job name. */
  payloadWarnBytes: 64 * kibi,
  /** JSON.parse handles far more, but a stack does not; deeper is almost surely a circle. */
  jsonDepth: 200,
  /** A job's or queue's name: fits a line, a metric's label and a path. */
  nameChars: 200,
  /** An id given by the user; ULIDs have 26. */
  idChars: 200,
  /** Fields of the arguments that make a unique key, and the characters of one's path. */
  uniqueFields: 20,
  uniqueFieldChars: 200,
  /** A unique key given by the user: hashed, so only its own text is bounded. */
  uniqueKeyChars: kibi,
  /** DESIGN: a job that enqueues a job that … : past it the chain is almost surely endless. */
  jobDepth: 1_000,
  /** A few facts beside the arguments, which have the room for more. */
  metaTexts: 16,
  metaBytes: 4 * kibi,
  /** Far more runs than a turn of the actors ends. */
  tracesEnded: 4 * kibi,
  tags: 20,
  tagChars: 100,
  errorMessageChars: 8 * kibi,
  errorStackChars: 16 * kibi,
  /** What an error's fingerprint looks at of its message: what comes later is values. */
  fingerprintChars: kibi,
  /** Ids that one filter may name: what one read may scan. */
  filterIds: 10_000,
  filterTextChars: kibi,

  /** DESIGN: gocraft/work's default. */
  maxAttempts: 4,
  /** Attempts are stored as small integers; nobody retries more often. */
  maxAttemptsMax: 10_000,
  priorityMax: 1_000_000,
  /** Handlers in the loop at once, a process. */
  loopConcurrency: 100,
  loopConcurrencyMax: 100_000,
  /** A queue's share against others': gocraft/work's bound. */
  queueWeightMax: 100_000,
  /** A job's or a queue's concurrency over all processes. */
  concurrencyMax: 1_000_000,
  /** Starts of a rate: times `ratePerMsMax` it stays a number that JavaScript holds exactly. */
  rateMax: 1_000_000,
  ratePerMsMax: 30 * dayMs,
  queueDepthMax: 1_000_000_000,
  threadsMax: 256,
} as const;
