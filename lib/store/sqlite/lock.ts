import { existsSync, rmSync } from "node:fs";
import Database from "better-sqlite3";

/**
 * The lock that says a runtime lives: a tiny SQLite file beside the database, held under
 * `BEGIN EXCLUSIVE` for the runtime's life. The operating system frees it at once when the process
 * dies, however it dies, and keeps it while the process is merely stopped.
 */
export interface Locks {
  /** Takes the lock of a runtime's id for the life of this object. */
  hold(id: string): void;
  /**
   * True: held by a live process. False: free, its process is gone. Undefined: there is no such
   * lock.
   */
  probe(id: string): boolean | undefined;
  /** Removes the file of a lock that nobody holds any more. */
  remove(id: string): void;
  /** Frees the own lock; its file goes too where `remove` is set. */
  release(remove: boolean): void;
}

export function fileLocks(file: string): Locks {
  const path = (id: string) => `${file}-alive-${id}`;
  let held: { id: string; db: Database.Database } | undefined;
  return {
    hold(id) {
      if (held?.id === id) return;
      this.release(true);
      const db = new Database(path(id));
      db.exec("BEGIN EXCLUSIVE");
      held = { id, db };
    },
    probe: (id) => (held?.id === id ? true : probeFile(path(id))),
    remove: (id) => rmSync(path(id), { force: true }),
    release(remove) {
      if (held === undefined) return;
      const { id, db } = held;
      held = undefined;
      db.close();
      if (remove) rmSync(path(id), { force: true });
    },
  };
}

/** For reads: probes without holding. */
export function probeLock(file: string, id: string): boolean | undefined {
  return probeFile(`${file}-alive-${id}`);
}

function probeFile(path: string): boolean | undefined {
  // Opening would create a file that is missing.
  if (!existsSync(path)) return undefined;
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { fileMustExist: true, timeout: 0 });
    db.exec("BEGIN EXCLUSIVE");
    return false;
  } catch (error) {
    return String((error as { code?: string }).code).startsWith("SQLITE_BUSY") ? true : undefined;
  } finally {
    db?.close();
  }
}
