const dayMs = 24 * 3_600_000;

/** The bounds of schedules, with the reason for each number: their part of `limits`. */
export const cronLimits = {
  /** A cron expression; the longest sensible ones, lists of all minutes, have some 200. */
  expressionChars: 500,
  /** The years that an expression may name: those of cronexpr and Quartz. */
  yearMin: 1970,
  yearMax: 2099,
  /** How far a next firing is searched: from any of these years past the last. */
  searchYears: 130,
  /** Zones whose clock changes are kept; IANA has some 600 names. */
  zones: 600,
  /** Years of clock changes that a zone keeps, 0.2 kB each. */
  zoneYears: 200,
  /** The shortest `every`: each firing is a row of its own, in a transaction. */
  everyMs: 10,
  /** DESIGN: due times that were missed longer ago are skipped. */
  windowMs: dayMs,
  /** Runs that `missed: "all"` makes up for, where no count is given, and at most. */
  catchUp: 100,
  catchUpMax: 1_000,
  /** Due times of one schedule that one look hands out: the next look goes on. */
  dueSlots: 100,
  /** Skipped due times that are counted one by one, in 10 ms; past it there are "more". */
  counted: 10_000,
  /** Runs of one schedule that wait for the one before them (`overlap: "queue-all"`). */
  queued: 1_000,
  /** Times that one preview shows. */
  previewTimes: 1_000,
} as const;
