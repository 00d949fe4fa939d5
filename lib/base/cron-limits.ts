import { dayMs, hourMs } from "./units.ts";

/** Schedules: reading when they fire, computing it, and making up for what was missed. */
export const cronLimits = {
  /** A cron expression; the longest sensible ones, lists of all minutes, have some 200. */
  cronChars: 500,
  /** The years that an expression may name: those of cronexpr and Quartz. */
  cronYearMin: 1970,
  cronYearMax: 2099,
  /** How far a next firing is searched: from any of these years past the last. */
  cronSearchYears: 130,
  /** Zones whose clock changes are kept; IANA has some 600 names. */
  cronZones: 600,
  /** Years of clock changes that a zone keeps, 0.2 kB each. */
  cronZoneYears: 200,
  /** The shortest `every`: each firing is a row of its own, in a transaction. */
  scheduleEveryMs: 10,
  /** DESIGN: due times that were missed longer ago are skipped. */
  scheduleWindowMs: dayMs,
  /** Runs that `missed: "all"` makes up for, where no count is given, and at most. */
  scheduleCatchUp: 100,
  scheduleCatchUpMax: 1_000,
  /** Due times of one schedule that one look hands out: the next look goes on. */
  scheduleDueSlots: 100,
  /** Due times of all schedules after which a look takes no further one: a tenth of a second. */
  scheduleLookSlots: 2_000,
  /** Skipped due times that are counted one by one, in 10 ms; past it there are "more". */
  scheduleCounted: 10_000,
  /** Runs of one schedule that wait for the one before them (`overlap: "queue-all"`). */
  scheduleQueued: 1_000,
  /** Schedules that one transaction fires or saves: some 20 ms of it. */
  scheduleRows: 500,
  /** Schedules whose specs are kept read: a file with more reads them anew at each firing. */
  schedulePlans: 20_000,
  /** How late a due time may be dealt with and be no missed one: a busy host, a restart. */
  scheduleGraceMs: 60_000,
  /** How often a schedule that others change meanwhile is read anew for a change of it. */
  scheduleSaveTries: 100,
  /** How often the clock is looked at: a jump of it, or a sleep, is noticed so late. */
  scheduleTickMs: 1_000,
  /** A look that comes so much later than it should comes after a sleep. */
  scheduleSleepMs: 2_000,
  /** How often the file is looked at where no bell rings. */
  scheduleLookMs: 5_000,
  /** The longest wait before the next look where another process fires what is due. */
  scheduleOutrunMs: 50,
  /** How often the command line looks for a run that it waits for. */
  triggerPollMs: 100,
  /** Runs of a schedule that may not be over, looked at in one step. */
  scheduleOpenRuns: 1_000,
  /** Times dealt with that lie farther ahead come of a wrong clock; cron's own bound. */
  scheduleAheadMs: 3 * hourMs,
  /** How long one that ended can be read, as the jobservice's records could. */
  scheduleEndedMs: 5 * dayMs,
  /** Times that one preview shows. */
  previewTimes: 1_000,
} as const;
