import { existsSync } from "node:fs";
import type Database from "better-sqlite3";
import { type Clock, systemClock } from "../../base/clock.ts";
import { ErgateError } from "../../base/error.ts";
import type { Durability } from "../../job/job.ts";
import type { Query } from "../../protocol/query.ts";
import type { Write, WriteAnswer } from "../../protocol/write.ts";
import { type Bell, openBell } from "./bell.ts";
import { applyBatch } from "./engine.ts";
import { storeFault } from "./fault.ts";
import { fileLocks } from "./lock.ts";
import { openForReading, openForWriting } from "./open.ts";
import * as read from "./read.sql.ts";
import { answer, openReader, type Reader, type ReaderAnswer } from "./reader.ts";
import { openSession, type Session } from "./session.ts";
import * as write from "./write.sql.ts";

/** What names a database file to a writer or a reader of it. */
export interface FileOptions {
  file: string;
  durability: Durability;
  namespace: string;
}

/** The writing side of one file, synchronous: it runs in the writer's thread, or inline. */
export interface FileWriter {
  readonly warnings: readonly string[];
  apply(batch: readonly Write[]): readonly WriteAnswer[];
  /** Also answers reads, for `place: "inline"`. */
  read(query: Query): ReaderAnswer;
  backup(file: string): void;
  close(): void;
}

export function openWriter(options: FileOptions, clock: Clock = systemClock): FileWriter {
  const { db, warnings } = openForWriting(options.file, options.durability, clock.now());
  const bell = openBell(options.file, clock);
  const namespace = namespaceOf(db, options.namespace);
  const session = openSession(db, namespace, fileLocks(options.file), clock);
  const reader = openReader(db, options.file, namespace, options.durability);
  let left = true;
  return {
    warnings,
    apply(batch) {
      const { answers, rings } = applyBatch(session, batch);
      left = session.worker === undefined;
      if (left) session.locks.release(true);
      if (rings) bell.ring();
      return answers;
    },
    read: (query) => faultless(() => answer(reader, query)),
    backup: (file) => copyTo(db, file),
    close: () => closeWriter(session, bell, left),
  };
}

/**
 * Without a `leave` before it, this is the death of a process: its lock is freed and its file
 * stays.
 */
function closeWriter(session: Session, bell: Bell, left: boolean): void {
  session.locks.release(left);
  if (left && session.book.others.length > 0) bell.ring();
  bell.close();
  session.db.close();
}

export interface FileReader {
  read(query: Query): ReaderAnswer;
  backup(file: string): void;
  close(): void;
}

/**
 * A reading connection of its own: a keyed read behind the writer's batches took 16 to 21 ms, here
 * 3 to 4.
 */
export function openFileReader(options: FileOptions): FileReader {
  const db = openForReading(options.file);
  let reader: Reader | undefined;
  return {
    read(query) {
      reader ??= openReader(db, options.file, existingNamespace(db, options), options.durability);
      return faultless(() => answer(reader as Reader, query));
    },
    backup: (file) => copyTo(db, file),
    close: () => void db.close(),
  };
}

/**
 * One read transaction that writes a compact copy; the page-wise backup restarts at every commit of
 * others.
 */
function copyTo(db: Database.Database, file: string): void {
  if (existsSync(file)) {
    const message = `${file} exists: a backup overwrites nothing`;
    throw new ErgateError("ERR_ERGATE_STORE_OPEN", message, { path: "file" });
  }
  faultless(() => db.prepare("VACUUM INTO ?").run(file));
}

function namespaceOf(db: Database.Database, name: string): { key: number; name: string } {
  return faultless(() => {
    const known = db.prepare(read.namespaceKey).get(name) as { key: number } | undefined;
    if (known !== undefined) return { key: known.key, name };
    db.prepare(write.insertNamespace).run(name);
    return { ...(db.prepare(read.namespaceKey).get(name) as { key: number }), name };
  });
}

function existingNamespace(db: Database.Database, { namespace }: FileOptions) {
  const { key } = db.prepare(read.namespaceKey).get(namespace) as { key: number };
  return { key, name: namespace };
}

function faultless<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw storeFault(error);
  }
}
