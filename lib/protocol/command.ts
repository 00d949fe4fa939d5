import type { StoredDefinition } from "../job/registry.ts";

/** What the store holds of commands, and what is written of them. */

/** A command as it is stored; the row of a removed one stays, so that whoever follows sees it. */
export interface CommandRow {
  name: string;
  /** JSON text of its options; undefined: it is removed. */
  spec: string | undefined;
  /** What code last said of it, undefined where only hands wrote it. */
  declared: string | undefined;
  /** Rises with every change, over the file. */
  revision: number;
}

/** One that is not removed, with what it does now. */
export interface CommandView extends CommandRow {
  spec: string;
  running: number;
}

/** What changed since a revision, in its order. */
export interface CommandChanges {
  rows: readonly CommandRow[];
  /** How many there are that are not removed; 0 where nothing changed. */
  live: number;
}

export interface SavedCommand {
  name: string;
  spec: string;
  definition: StoredDefinition;
}

export type CommandWrite =
  | { type: "saveCommand"; command: SavedCommand; now: number }
  /** What runs goes on. */
  | { type: "removeCommand"; name: string }
  /**
   * What code says of all its commands: a value that differs from the last one it said is written,
   * and what it said and says no more is removed.
   */
  | { type: "declareCommands"; commands: readonly SavedCommand[]; now: number };

export interface CommandAnswers {
  /** `taken`: a job that code defines has the name. */
  saveCommand: { type: "saved"; previous: string | undefined } | { type: "taken" };
  removeCommand: { removed: boolean };
  declareCommands: { taken: readonly string[] };
}
