import { closeSync, existsSync, futimesSync, openSync, watch } from "node:fs";
import type { Clock } from "../../base/clock.ts";

/**
 * The file beside the database that a writer touches after a commit and other processes watch: they
 * look within half a millisecond, at no cost while idle. It is no database file, so that opening
 * and closing it drops none of SQLite's locks.
 */
export interface Bell {
  ring(): void;
  close(): void;
}

export function openBell(database: string, clock: Clock): Bell {
  let descriptor: number | undefined = openSync(bellFile(database), "a");
  return {
    ring() {
      if (descriptor === undefined) return;
      const seconds = clock.now() / 1000;
      futimesSync(descriptor, seconds, seconds);
    },
    close() {
      if (descriptor !== undefined) closeSync(descriptor);
      descriptor = undefined;
    },
  };
}

/** Calls `heard` whenever the bell rings, also by this process. Returns the end of it. */
export function listen(database: string, heard: () => void): () => void {
  const file = bellFile(database);
  if (!existsSync(file)) closeSync(openSync(file, "a"));
  const watcher = watch(file, { persistent: false }, () => heard());
  // A watcher that fails (its file was deleted) leaves the poll behind the bell.
  watcher.on("error", () => watcher.close());
  return () => watcher.close();
}

function bellFile(database: string): string {
  return `${database}-bell`;
}
