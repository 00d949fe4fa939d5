import type { Json } from "../base/json.ts";
import type { Page } from "../job/job.ts";
import type { LetterReason, LetterRow } from "../protocol/bus.ts";
import type { PageOptions } from "./client.ts";
import { idGiven } from "./given.ts";
import { pageGiven } from "./paging.ts";
import type { LocalParts } from "./parts.ts";

export interface DeadLetters {
  /** Newest first. The newest 10 000 are kept, for 30 days. */
  list(options?: PageOptions): Promise<Page<DeadLetter>>;
  /**
   * Publishes it once more, under its old id, to the subscription that gave it up alone (one
   * without a name: to all of those). Resolves with whether there was such a letter, which is then
   * gone; one whose named subscription was forgotten stays, and false.
   */
  retry(id: string): Promise<boolean>;
  delete(id: string): Promise<boolean>;
}

export interface DeadLetter {
  /** The letter's. */
  id: string;
  event: string;
  /** The subscription's; undefined where it had none. */
  name: string | undefined;
  data: Json;
  /** The message's. */
  message: { id: string; revision: number; at: number };
  /** The schema refused it; the callback threw each time; the callback discarded it;
   * processes died while it was called. */
  reason: LetterReason;
  error: string;
  /** Of the field that the schema refused. */
  path: string | undefined;
  attempts: number;
  diedAt: number;
}

type Parts = Pick<LocalParts, "read" | "ask" | "clock"> & { nudge(): void };

export function deadLetters({ read, ask, clock, nudge }: Parts): DeadLetters {
  return {
    async list(options = {}) {
      const { items, next } = await read({ type: "letters", ...pageGiven(options) });
      return { items: items.map(letterOf), next };
    },
    async retry(id) {
      const write = { type: "redeliver", id: idGiven(id), now: clock.now() } as const;
      const { revision } = await ask(write);
      nudge();
      return revision !== undefined;
    },
    async delete(id) {
      return (await ask({ type: "deleteLetter", id: idGiven(id) })).deleted;
    },
  };
}

function letterOf({ messageId, revision, at, data, ...row }: LetterRow): DeadLetter {
  return { ...row, data: JSON.parse(data) as Json, message: { id: messageId, revision, at } };
}
