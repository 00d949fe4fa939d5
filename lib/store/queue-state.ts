import type { Bucket } from "../job/bucket.ts";
import { type DeclaredQueue, defaultQueue, type QueueSettings } from "../job/queue.ts";
import type { QueueWrite } from "../protocol/write.ts";

/** A queue as every engine holds it: what its limits are, and where they stand. */
export interface QueueState {
  readonly name: string;
  settings: QueueSettings;
  /** Of its rate; undefined: full. */
  bucket: Bucket | undefined;
  pausedAt: number | undefined;
  /** When the pause ends by itself. */
  pausedUntil: number | undefined;
  /**
   * What code last declared, as JSON: a declaration is taken over when it differs from it, so that
   * what was changed at run time lives on.
   */
  declared: string | undefined;
}

export function newQueue(name: string): QueueState {
  return {
    name,
    settings: defaultQueue,
    bucket: undefined,
    pausedAt: undefined,
    pausedUntil: undefined,
    declared: undefined,
  };
}

export function isPaused({ pausedAt, pausedUntil }: QueueState, now: number): boolean {
  return pausedAt !== undefined && (pausedUntil === undefined || now < pausedUntil);
}

/** Whether that changed anything. `until` undefined: for good. */
function pauseQueue(queue: QueueState, until: number | undefined, now: number): boolean {
  const paused = isPaused(queue, now);
  if (paused && queue.pausedUntil === until) return false;
  if (!paused) queue.pausedAt = now;
  queue.pausedUntil = until;
  return true;
}

/** Whether that changed anything. */
function resumeQueue(queue: QueueState, now: number): boolean {
  if (!isPaused(queue, now)) return false;
  queue.pausedAt = undefined;
  queue.pausedUntil = undefined;
  return true;
}

/** Does what is asked of a queue by hand. Whether that changed anything. */
export function changedBy(queue: QueueState, asked: QueueWrite): boolean {
  switch (asked.type) {
    case "pause":
      return pauseQueue(queue, asked.until, asked.now);
    case "resume":
      return resumeQueue(queue, asked.now);
    case "configure": {
      const before = textOf(queue.settings);
      configureQueue(queue, asked.settings);
      return textOf(queue.settings) !== before;
    }
    default:
      return asked satisfies never;
  }
}

/** Sets what is given, and leaves the rest. A changed rate begins with a full bucket. */
function configureQueue(queue: QueueState, settings: Partial<QueueSettings>): void {
  const before = queue.settings;
  queue.settings = { ...before, ...settings };
  const { rate } = queue.settings;
  if (rate?.limit !== before.rate?.limit || rate?.perMs !== before.rate?.perMs) {
    queue.bucket = undefined;
  }
}

/** Whether the declaration differs from the last one, and so was taken over. */
export function declareQueue(queue: QueueState, declared: DeclaredQueue, now: number): boolean {
  const { settings, paused } = declared;
  const text = textOf({ settings, paused });
  if (text === queue.declared) return false;
  queue.declared = text;
  configureQueue(queue, settings);
  if (paused === true) pauseQueue(queue, undefined, now);
  if (paused === false) resumeQueue(queue, now);
  return true;
}

/** A limit that was taken away is not one that was never named. */
function textOf(value: object): string {
  return JSON.stringify(value, (_key, held) => (held === undefined ? null : held));
}
