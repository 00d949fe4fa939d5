import { limits } from "../lib/base/limits.ts";
import { addFigures, type Follow, noFigures, type Place } from "../lib/bus/follow.ts";
import type { Context } from "../lib/kernel/actor.ts";
import type {
  Acknowledgement,
  CourierMessage,
  DeliveryFigures,
  LetterReason,
  MessageRow,
  NewLetter,
  RunOutcome,
  Serving,
} from "../lib/protocol/bus.ts";
import type { CourierParts } from "./courier-parts.ts";
import { wording } from "./wording.ts";

type Unnoted = Pick<Acknowledgement, "figures" | "letters">;

/**
 * What one courier did, on its way into the file: one write at a time, and what comes meanwhile
 * goes with the next, so that a fast callback waits for no commit.
 */
export class DeliveryNotes {
  /** Of a durable one, where it stood when the file was last asked. */
  seen = 0;
  readonly #parts: CourierParts;
  readonly #ctx: Context<CourierMessage>;
  readonly #follow: Follow;
  #fence: number | undefined;
  #figures = noFigures();
  #letters: NewLetter[] = [];
  /** Processes that died in the call for the next message. */
  #crashes = 0;
  /** The last message that the one before may have been called for when it died. */
  #suspectUpTo = 0;
  /** The message that the file knows to be called for. */
  #begun = 0;
  #isDirty = false;
  #underWay: Unnoted | undefined;
  /** The position in the file. */
  #noted = 0;
  #retryMs = 0;
  #isWaiting = false;

  constructor(parts: CourierParts, ctx: Context<CourierMessage>) {
    this.#parts = parts;
    this.#ctx = ctx;
    this.#follow = parts.follow;
    if (this.#follow.name === undefined) this.#noted = this.#follow.place?.position ?? 0;
    this.#isDirty = this.#follow.letters.length > 0;
  }

  /** It is this process that serves it. */
  get holds(): boolean {
    return this.#fence !== undefined;
  }

  get idle(): boolean {
    return !this.#isDirty && this.#underWay === undefined;
  }

  /** How many messages are dealt with that the file does not know of. */
  get unsent(): number {
    if (this.#follow.name === undefined) return this.#follow.letters.length;
    return (this.#follow.place?.position ?? 0) - this.#noted;
  }

  hold({ fence, position, isUnclean, crashes }: Serving): void {
    this.#fence = fence;
    this.#noted = position;
    this.#crashes = crashes;
    this.#begun = 0;
    this.#suspectUpTo = isUnclean ? position + 1 + limits.busUnacknowledged : 0;
    this.#figures = noFigures();
    this.#letters = [];
    this.#isDirty = false;
  }

  /** Too many processes died in the call for the next message. */
  get isPoison(): boolean {
    return this.#crashes >= limits.busCrashes;
  }

  /** Whether the one that served it before may have died of this message. */
  isCareful({ number }: MessageRow): boolean {
    return number <= this.#suspectUpTo && number !== this.#begun;
  }

  /** So that whoever comes after this process knows what it died of. */
  async begin({ number }: MessageRow): Promise<void> {
    const { event, name = "" } = this.#follow;
    const write = { event, name, fence: this.#fence ?? 0, number };
    const { held } = await this.#parts.ask({ type: "begin", ...write });
    if (held) this.#begun = number;
    else this.sent(false);
  }

  /** It is a dead letter without another call. */
  crashed(row: MessageRow): void {
    const crashes = this.#crashes;
    const error = `${crashes} processes, one after another, died in the call for it`;
    this.#bury(row, "crashed", error, undefined, (this.#follow.place as Place).attempts + crashes);
    this.#move({ position: row.number, attempts: 0, retryAt: 0 }, { dead: 1 });
  }

  /** Another may serve it. */
  giveUp(): void {
    const { event, name } = this.#follow;
    const fence = this.#fence;
    this.#fence = undefined;
    if (name === undefined || fence === undefined) return;
    const over = (): CourierMessage => ({ type: "look" });
    this.#ctx.pipe(this.#parts.ask({ type: "yield", event, name, fence }), over, over);
  }

  /** It is for another subscription. */
  passed({ number }: MessageRow): void {
    this.#move({ position: number, attempts: 0, retryAt: 0 }, {});
  }

  /** Numbers have no gaps but where messages were pruned before they were delivered. */
  lost(position: number): void {
    const { place, event } = this.#follow;
    const lost = position - (place as Place).position;
    if (lost <= 0) return;
    this.#parts.logger.error({ event, lost }, wording.lost(this.#follow, lost));
    this.#move({ position, attempts: 0, retryAt: 0 }, { lost });
  }

  /** Notes what came of a call. Returns whether the message is dealt with. */
  ended(row: MessageRow, outcome: RunOutcome): boolean {
    const next = { position: row.number, attempts: 0, retryAt: 0 };
    const { position, attempts } = this.#follow.place as Place;
    switch (outcome.type) {
      case "took":
        this.#move(next, { delivered: 1 });
        return true;
      case "refused":
        this.#bury(row, outcome.reason, outcome.error, outcome.path, attempts + 1);
        this.#move(next, { dead: 1 });
        return true;
      case "threw": {
        if (!outcome.attempted) return false;
        const failed = attempts + 1;
        if (failed < this.#follow.attemptsMax) {
          const retryAt = this.#ctx.now() + backoffMs(failed);
          this.#move({ position, attempts: failed, retryAt }, { failed: 1 });
          return false;
        }
        this.#bury(row, "threw", outcome.error, undefined, failed);
        this.#move(next, { failed: 1, dead: 1 });
        return true;
      }
      default:
        return outcome satisfies never;
    }
  }

  send(): void {
    if (!this.#isDirty || this.#underWay !== undefined || this.#isWaiting) return;
    const { event, name } = this.#follow;
    const place = this.#follow.place as Place;
    if (name !== undefined && this.#fence === undefined) return;
    const letters = name === undefined ? this.#follow.letters : this.#letters;
    this.#underWay = { figures: this.#figures, letters };
    this.#figures = noFigures();
    this.#letters = [];
    this.#isDirty = false;
    if (name === undefined) this.#follow.letters = [];
    const write = { event, name, fence: this.#fence ?? 0, ...place, ...this.#underWay };
    this.#ctx.pipe(
      this.#parts.ask({ type: "acknowledge", ...write, now: this.#ctx.now() }),
      ({ held }): CourierMessage => {
        if (held) this.#noted = Math.max(this.#noted, place.position);
        return { type: "noted", held };
      },
      (error): CourierMessage => ({ type: "unnoted", error }),
    );
  }

  /** Not `held`: another serves it, and delivers again what it does not know of. */
  sent(held: boolean): void {
    this.#underWay = undefined;
    this.#retryMs = 0;
    if (held) return;
    this.#fence = undefined;
    this.#figures = noFigures();
    this.#letters = [];
    this.#isDirty = false;
  }

  /** Nothing was noted: it goes with what comes, after a wait. */
  failed(): void {
    const { figures, letters } = this.#underWay as Unnoted;
    this.#underWay = undefined;
    addFigures(this.#figures, figures);
    if (this.#follow.name !== undefined) this.#letters.unshift(...letters);
    else this.#follow.letters.unshift(...letters);
    this.#isDirty = true;
    this.#isWaiting = true;
    this.#retryMs = Math.min(this.#retryMs * 2 || limits.storeRetryMs, limits.storeRetryMsMax);
    this.#ctx.after("note", this.#retryMs, { type: "note" });
  }

  retry(): void {
    this.#isWaiting = false;
  }

  #move(place: Place, done: Partial<DeliveryFigures>): void {
    if (place.position !== this.#follow.place?.position) this.#crashes = 0;
    this.#begun = 0;
    this.#follow.place = place;
    const figures = { ...noFigures(), ...done };
    addFigures(this.#follow.figures, figures);
    addFigures(this.#figures, figures);
    if (this.#follow.name !== undefined) this.#isDirty = true;
  }

  #bury(
    { id: messageId, revision, data, at }: MessageRow,
    reason: LetterReason,
    error: string,
    path: string | undefined,
    attempts: number,
  ): void {
    const id = this.#parts.newId();
    const letter = { id, messageId, revision, data, at, reason, error, path, attempts };
    if (this.#follow.name === undefined) this.#follow.letters.push(letter);
    else this.#letters.push(letter);
    this.#isDirty = true;
  }
}

/** Doubled with each failed call. */
function backoffMs(failed: number): number {
  return Math.min(limits.busRetryMs * 2 ** (failed - 1), limits.busRetryMsMax);
}
