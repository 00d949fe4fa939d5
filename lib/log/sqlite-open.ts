import Database from "better-sqlite3";
import { ErgateError, messageOf } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import { type StorageError, storageFault } from "../base/storage-fault.ts";
import * as sql from "./schema.sql.ts";
import * as search from "./search-schema.sql.ts";

const logVersion = 1;

/** Tries to switch to WAL, which two processes that make the file at once may refuse each other. */
const walTries = 10;

/**
 * Opens or makes a log file: WAL, and NORMAL, which survives the end of the process; a power cut
 * may take the last lines, never an older one. Throws ErgateErrors.
 */
export function openLogFile(file: string): Database.Database {
  let db: Database.Database | undefined;
  try {
    db = connect(file);
    prepare(db, file);
    return db;
  } catch (error) {
    db?.close();
    throw storageFault(error as StorageError, `the log file ${file}`);
  }
}

/** A missing folder is a plain TypeError of the driver, without a code. */
function connect(file: string): Database.Database {
  try {
    return new Database(file, { timeout: limits.storeBusyMs });
  } catch (error) {
    if ((error as StorageError).code !== undefined) throw error;
    throw new ErgateError("ERR_ERGATE_STORE_OPEN", `${file}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** The number of a namespace in the file. */
export function spaceOf(db: Database.Database, name: string): number {
  const find = db.prepare<[string], number>(sql.findSpace).pluck();
  const known = find.get(name);
  if (known !== undefined) return known;
  db.prepare(sql.insertSpace).run(name);
  return find.get(name) as number;
}

function prepare(db: Database.Database, file: string): void {
  // Before anything is in it: pruning then gives pages back to the disk.
  if (!check(db, file)) db.pragma("auto_vacuum = INCREMENTAL");
  enterWal(db);
  db.pragma("synchronous = NORMAL");
  db.pragma(`wal_autocheckpoint = ${limits.storeCheckpointPages}`);
  // Else the WAL keeps the size of its largest burst.
  db.pragma(`journal_size_limit = ${limits.storeCheckpointPages * 4096}`);
  db.transaction(() => make(db, file)).immediate();
}

/** Before anything is written: another program's database is left as it is. */
function check(db: Database.Database, file: string): boolean {
  if (db.prepare(sql.findFileTable).get() === undefined) {
    if (db.prepare(sql.findAnyTable).get() === undefined) return false;
    throw new ErgateError("ERR_ERGATE_STORE_FOREIGN", `${file} is another program's database`);
  }
  const version = db.prepare(sql.readVersion).pluck().get() as number | undefined;
  if (version === undefined)
    throw new ErgateError("ERR_ERGATE_STORE_CORRUPT", `${file} has no version`);
  if (version > logVersion) {
    throw new ErgateError(
      "ERR_ERGATE_STORE_NEWER",
      `${file} has version ${version} of a newer Ergate`,
    );
  }
  return true;
}

function enterWal(db: Database.Database): void {
  for (let left = walTries; db.pragma("journal_mode", { simple: true }) !== "wal"; left--) {
    try {
      db.pragma("journal_mode = WAL");
    } catch (error) {
      if (left === 0 || !String((error as StorageError).code).startsWith("SQLITE_BUSY"))
        throw error;
      // Unlike the switch, this waits until the other process is through.
      db.exec("BEGIN EXCLUSIVE; COMMIT");
    }
  }
}

/** Under the write lock: another process may have made it meanwhile. */
function make(db: Database.Database, file: string): void {
  if (!check(db, file)) {
    for (const statement of [sql.createFile, sql.createSpaces, sql.createChunks]) {
      db.exec(statement);
    }
    db.exec(sql.createJobIndex);
    db.exec(sql.createAgeIndex);
    db.prepare(sql.insertFile).run(logVersion);
  }
  db.exec(sql.createForgotten);
  db.exec(sql.createForgottenIndex);
  for (const statement of [search.createIndex, search.createPosition, search.insertPosition]) {
    db.exec(statement);
  }
}
