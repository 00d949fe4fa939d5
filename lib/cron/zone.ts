import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";

/** A stretch of time through which a zone's clock runs evenly; also cut where a UTC year ends. */
export interface Span {
  /** Instants, in ms since the epoch: from ≤ t < until. */
  readonly from: number;
  readonly until: number;
  /** What the zone's clock shows less UTC. */
  readonly offsetMs: number;
}

/**
 * A time zone's clock: between instants (ms since the epoch) and what its clock shows ("wall": the
 * ms that its date and time would be in UTC). `Intl` is asked once a year of a zone, for 1 ms:
 * to ask it each time would cost 2 µs a look, and several looks a firing.
 */
export class Zone {
  readonly name: string;
  private readonly years = new Map<number, readonly Span[]>();
  private recent: Span = { from: 0, until: 0, offsetMs: 0 };

  constructor(name: string) {
    this.name = name;
  }

  spanAt(instant: number): Span {
    if (instant >= this.recent.from && instant < this.recent.until) return this.recent;
    const year = new Date(instant).getUTCFullYear();
    const spans = this.years.get(year) ?? this.load(year);
    this.recent = spans.find(({ until }) => instant < until) as Span;
    return this.recent;
  }

  /** What the clock shows at an instant. */
  wallAt(instant: number): number {
    return instant + this.spanAt(instant).offsetMs;
  }

  /** The first instant past `after` at which the clock shows `wall`; undefined where none is. */
  instantAfter(wall: number, after: number): number | undefined {
    for (let span = this.spanAt(wall - reachMs); ; span = this.spanAt(span.until)) {
      const instant = wall - span.offsetMs;
      if (instant >= span.from && instant < span.until && instant > after) return instant;
      if (span.until > wall + reachMs) return undefined;
    }
  }

  /** The instant at which the clock was set forward past `wall`, for a wall that it never shows. */
  gapEnd(wall: number): number {
    let span = this.spanAt(wall - reachMs);
    while (span.until + span.offsetMs <= wall) {
      const next = this.spanAt(span.until);
      if (next.from + next.offsetMs > wall) return next.from;
      span = next;
    }
    return span.from;
  }

  private load(year: number): readonly Span[] {
    if (this.years.size >= limits.cronZoneYears) this.years.clear();
    const spans = spansOf(formatFor(this.name), Date.UTC(year, 0, 1), Date.UTC(year + 1, 0, 1));
    this.years.set(year, spans);
    return spans;
  }
}

/** Farther than any clock ever was from UTC (16 h), or is set at once (24 h). */
const reachMs = 26 * 3_600_000;

const zones = new Map<string, Zone>();

/** The zone of an IANA name. Throws ERR_ERGATE_SCHEDULE with `path` where there is none. */
export function zoneOf(name: string, path: string): Zone {
  const known = zones.get(name);
  if (known !== undefined) return known;
  if (name === "" || name.length > limits.nameChars || !isZone(name)) {
    const shown = JSON.stringify(name.slice(0, 60));
    const problem = `${path} is ${shown}: there is no such time zone; one is "Europe/Berlin"`;
    throw new ErgateError("ERR_ERGATE_SCHEDULE", problem, { path });
  }
  if (zones.size >= limits.cronZones) zones.delete(zones.keys().next().value as string);
  const zone = new Zone(name);
  zones.set(name, zone);
  return zone;
}

/** The zone that this machine is set to. Where its TZ names none, Node says nothing: then UTC. */
export function hostZone(): string {
  const name: string | undefined = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return name !== undefined && isZone(name) ? name : "UTC";
}

function isZone(name: string): boolean {
  try {
    formatFor(name);
    return true;
  } catch {
    return false;
  }
}

/** Not kept: a format holds some 60 kB, and is asked for a year of its zone at a time. */
function formatFor(name: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US", { timeZone: name, timeZoneName: "longOffset" });
}

/**
 * Two looks with one offset have no change between them: since 1970 no zone has set its clock and
 * set it back within less than a week (Recife, October 2000).
 */
const lookMs = 3 * 86_400_000;

function spansOf(format: Intl.DateTimeFormat, from: number, until: number): Span[] {
  const spans: Span[] = [];
  let start = from;
  let offset = offsetAt(format, from);
  for (let look = from; look < until; look += lookMs) {
    const end = Math.min(look + lookMs, until - 1_000);
    while (offsetAt(format, end) !== offset) {
      const change = changeBetween(format, start, end);
      spans.push({ from: start, until: change, offsetMs: offset });
      start = change;
      offset = offsetAt(format, change);
    }
  }
  spans.push({ from: start, until, offsetMs: offset });
  return spans;
}

/** The whole second of a first change past `from`, by halves. */
function changeBetween(format: Intl.DateTimeFormat, from: number, end: number): number {
  const offset = offsetAt(format, from);
  let [before, after] = [from, end];
  while (after - before > 1_000) {
    const middle = before + Math.floor((after - before) / 2_000) * 1_000;
    if (offsetAt(format, middle) === offset) before = middle;
    else after = middle;
  }
  return after;
}

const offsetForm = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/;

function offsetAt(format: Intl.DateTimeFormat, instant: number): number {
  const match = offsetForm.exec(format.format(instant));
  if (match === null) return 0;
  const [, sign, hours, minutes, seconds = "0"] = match;
  const size = (Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds);
  return (sign === "-" ? -size : size) * 1_000;
}
