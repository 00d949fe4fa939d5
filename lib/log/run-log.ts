import { cutLine } from "../base/cut.ts";
import type { JobLog, LogLevel } from "../job/context.ts";
import type { JobId } from "../job/job.ts";
import { decode, type LogChunk, record, recordBytes } from "./chunk.ts";
import { type LogLine, type LogStream, lineText, reaches, wellFormed } from "./line.ts";
import { wording } from "./wording.ts";

/** What a run's log needs of the collector of all runs. */
export interface LogIntake {
  readonly level: LogLevel;
  readonly lineBytes: number;
  readonly attemptBytes: number;
  /** Past either a chunk is sealed. */
  readonly chunkBytes: number;
  readonly batchLines: number;
  now(): number;
  behind(): boolean;
  /** A line was added; `first` of those that the run has waiting. */
  added(run: RunLog, bytes: number, first: boolean): void;
  cut(bytes: number): void;
  /** Takes the run's lines so far. Returns their place in the order of storing, 0 for none. */
  seal(run: RunLog): number;
  /** Resolves when everything up to that place is stored. */
  settled(place: number): Promise<void>;
}

/**
 * The log of one run. Lines gather in one string, which V8 keeps as a rope: a call makes no object.
 * Open: lines are kept. Gap: the store is behind and lines are counted, until a marker closes the
 * gap before the next kept line. Full: the attempt's bytes are used up, and lines are counted to
 * its end.
 */
export class RunLog implements JobLog {
  readonly id: JobId;
  readonly attempt: number;
  readonly #intake: LogIntake;
  #body = "";
  /** What the records count from: the first line's time. */
  #base = 0;
  #at = 0;
  #lastAt = 0;
  #lines = 0;
  #bytes = 0;
  #keptBytes = 0;
  #full = false;
  #cutLines = 0;
  #cutBytes = 0;
  #place = 0;

  constructor(intake: LogIntake, id: JobId, attempt: number) {
    this.#intake = intake;
    this.id = id;
    this.attempt = attempt;
  }

  debug(text: string, ...values: unknown[]): void {
    this.#log("debug", text, values);
  }

  info(text: string, ...values: unknown[]): void {
    this.#log("info", text, values);
  }

  warn(text: string, ...values: unknown[]): void {
    this.#log("warn", text, values);
  }

  error(text: string, ...values: unknown[]): void {
    this.#log("error", text, values);
  }

  /** Resolves when the lines so far are stored; rejects when the store gave them up. */
  flush(): Promise<void> {
    this.#place = this.#intake.seal(this) || this.#place;
    return this.#intake.settled(this.#place);
  }

  /**
   * Takes a line of a thread or a command, whose sender waits while the store is behind: only the
   * attempt's own bound cuts it. The level filters `log` lines alone.
   */
  line(at: number, stream: LogStream, level: LogLevel, text: string): void {
    if (stream !== "log" || reaches(level, this.#intake.level)) this.#put(at, stream, level, text);
  }

  /**
   * Marks what was cut since the last marker. Call it when the run ends; later lines are still
   * taken.
   */
  end(): void {
    if (this.#cutLines === 0) return;
    const say = this.#full ? wording.cut : wording.gap;
    this.#mark(say(this.#cutLines, this.#cutBytes));
    this.#cutLines = 0;
    this.#cutBytes = 0;
  }

  /** Hands over what gathered, for the collector alone. */
  take(): LogChunk | undefined {
    if (this.#lines === 0) return undefined;
    const { id, attempt } = this;
    const chunk = { id, attempt, at: this.#at, lastAt: this.#lastAt, lines: this.#lines };
    const body = this.#at === this.#base ? this.#body : rebased(this.#body, this.#base, this.#at);
    const taken = { ...chunk, bytes: this.#bytes, body };
    this.#body = "";
    this.#lines = 0;
    this.#bytes = 0;
    return taken;
  }

  /** Where the collector put what it took. */
  placed(place: number): void {
    this.#place = place;
  }

  #log(level: LogLevel, text: unknown, values: readonly unknown[]): void {
    const intake = this.#intake;
    if (!reaches(level, intake.level)) return;
    const line = values.length === 0 && typeof text === "string" ? text : lineText(text, values);
    if (!this.#full && intake.behind()) this.#cut(Buffer.byteLength(line) + recordBytes);
    else this.#put(intake.now(), "log", level, line);
  }

  #put(at: number, stream: LogStream, level: LogLevel, line: string): void {
    const text = sound(line, this.#intake.lineBytes);
    const bytes = Buffer.byteLength(text) + recordBytes;
    if (!this.#full && this.#keptBytes + bytes > this.#intake.attemptBytes) this.#fill();
    if (this.#full) this.#cut(bytes);
    else this.#keep(at, stream, level, text, bytes);
  }

  #keep(at: number, stream: LogStream, level: LogLevel, text: string, bytes: number): void {
    if (this.#cutLines > 0) this.end();
    this.#keptBytes += bytes;
    this.#add(at, stream, level, text, bytes);
  }

  /** The attempt's bytes are used up. */
  #fill(): void {
    this.end();
    this.#full = true;
    this.#mark(wording.cutAt(this.#intake.attemptBytes));
  }

  #cut(bytes: number): void {
    this.#cutLines++;
    this.#cutBytes += bytes;
    this.#intake.cut(bytes);
  }

  #mark(text: string): void {
    this.#add(this.#intake.now(), "runtime", "warn", text, text.length + recordBytes);
  }

  #add(at: number, stream: LogStream, level: LogLevel, text: string, bytes: number): void {
    const first = this.#lines === 0;
    if (first) this.#base = this.#at = this.#lastAt = at;
    else if (at < this.#at) this.#at = at;
    else if (at > this.#lastAt) this.#lastAt = at;
    this.#body += record(at - this.#base, stream, level, text);
    this.#lines++;
    this.#bytes += bytes;
    this.#intake.added(this, bytes, first);
    const { chunkBytes, batchLines } = this.#intake;
    if (this.#bytes >= chunkBytes || this.#lines >= batchLines) this.#intake.seal(this);
  }
}

/** Records that count from another time: a line came that is older than the first. */
function rebased(body: string, base: number, at: number): string {
  const lines: LogLine[] = [];
  decode({ at: base, attempt: 0, body }, 0, Number.POSITIVE_INFINITY, lines);
  return lines.map((line) => record(line.at - at, line.stream, line.level, line.text)).join("");
}

/** Text that survives the database and fits: one with as many bytes as units is ASCII. */
function sound(text: string, bytesMax: number): string {
  const bytes = Buffer.byteLength(text);
  if (bytes === text.length && bytes <= bytesMax) return text;
  return wellFormed(cutLine(text, bytesMax));
}
