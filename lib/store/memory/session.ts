import { Turns } from "../turns.ts";
import type { Table, Worker } from "./table.ts";

/** Numbers that rise over the whole storage, whatever the namespace, and never come twice. */
export interface Counters {
  seq: number;
  fence: number;
  worker: number;
  revision: number;
}

/** What one open store works on. */
export interface Session {
  readonly table: Table;
  readonly counters: Counters;
  /** Its own worker, once it joined. */
  worker: Worker | undefined;
  /** Whether another store wrote since this one's last claim. */
  strangers: boolean;
  /** The paused queues that the last claim told, as JSON. */
  toldPaused: string | undefined;
  /** By a demand's place in the claim, for its slots and for what it claims ahead. */
  readonly turns: Turns[];
}

/** Whose turn it is between queues, for one place of a demand. */
export function turnsOf({ turns }: Pick<Session, "turns">, at: number): Turns {
  const known = turns[at] ?? new Turns();
  turns[at] = known;
  return known;
}
