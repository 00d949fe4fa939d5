import { statfsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { ErgateError, type ErrorCode } from "../../base/error.ts";
import { limits } from "../../base/limits.ts";
import type { Durability } from "../../job/job.ts";
import { busTables } from "./bus-schema.sql.ts";
import { commandTables } from "./command-schema.sql.ts";
import { storeFault } from "./fault.ts";
import { hookTables } from "./hook-schema.sql.ts";
import { createLocks } from "./lease-schema.sql.ts";
import { scheduleTables } from "./schedule-schema.sql.ts";
import { createVersion1 } from "./schema.sql.ts";

/** "Erga": marks a file as Ergate's in SQLite's own header. */
export const applicationId = 0x45726761;
const sqliteOldest = [3, 51, 3] as const;
const migrations: readonly string[] = [
  createVersion1 + scheduleTables + createLocks + commandTables + hookTables + busTables,
];
export const schemaVersion = migrations.length;

/** File systems by `statfs` type. SQLite's locks and shared memory do not hold across machines. */
const networkTypes = new Map([
  [0x6969, "nfs"],
  [0xff534d42, "cifs"],
  [0xfe534d42, "smb2"],
  [0x01021997, "9p"],
]);
const fuseType = 0x65735546;

export interface Opened {
  db: Database.Database;
  warnings: readonly string[];
}

/**
 * Opens the database for writing, creating or migrating it. Throws the ERR_ERGATE_STORE_… that says
 * what is wrong with the file; a file that is not Ergate's is left as it was.
 */
export function openForWriting(file: string, durability: Durability, now: number): Opened {
  const warnings = checkPlace(file);
  return guarded(file, (db) => {
    checkLibrary(db);
    checkOwner(db, file);
    db.pragma("journal_mode = WAL");
    tune(db);
    db.pragma(`synchronous = ${{ fsync: "FULL", wal: "NORMAL", memory: "OFF" }[durability]}`);
    db.pragma(`wal_autocheckpoint = ${limits.storeCheckpointPages}`);
    // On macOS a plain fsync leaves the data in the drive's cache.
    db.pragma("fullfsync = ON");
    db.pragma("checkpoint_fullfsync = ON");
    migrate(db, file, now);
    // A file that can't be written is refused here, not at the first job.
    db.exec("BEGIN IMMEDIATE; ROLLBACK");
    return { db, warnings };
  });
}

/** Opens it for reading beside the writer, which has created it. */
export function openForReading(file: string): Database.Database {
  return guarded(
    file,
    (db) => {
      tune(db);
      return { db, warnings: [] };
    },
    true,
  ).db;
}

function guarded(
  file: string,
  prepare: (db: Database.Database) => Opened,
  readonly = false,
): Opened {
  let db: Database.Database | undefined;
  try {
    db = new Database(file, { readonly, fileMustExist: readonly, timeout: limits.storeBusyMs });
    return prepare(db);
  } catch (error) {
    db?.close();
    throw named(storeFault(error), file);
  }
}

function named(fault: ErgateError, file: string): ErgateError {
  if (fault.message.includes(file)) return fault;
  return refusal(fault.code, `${file}: ${fault.message}`, fault);
}

function refusal(code: ErrorCode, message: string, cause?: unknown): ErgateError {
  return new ErgateError(
    code,
    message,
    cause === undefined ? { path: "storage" } : { path: "storage", cause },
  );
}

function tune(db: Database.Database): void {
  db.pragma(`cache_size = -${limits.storeCacheBytes / 1024}`);
  db.pragma("temp_store = MEMORY");
}

function checkLibrary(db: Database.Database): void {
  const version = String(db.prepare("SELECT sqlite_version()").pluck().get());
  const parts = version.split(".").map(Number);
  for (const [at, least] of sqliteOldest.entries()) {
    const part = parts[at] ?? 0;
    if (part > least) return;
    if (part < least) {
      const needed = sqliteOldest.join(".");
      throw refusal(
        "ERR_ERGATE_STORE_SQLITE_OLD",
        `SQLite is ${version}: ${needed} or newer is needed`,
      );
    }
  }
}

function checkOwner(db: Database.Database, file: string): void {
  const owner = db.pragma("application_id", { simple: true });
  if (owner === applicationId) return;
  const tables = db.prepare("SELECT COUNT(*) FROM sqlite_schema").pluck().get() as number;
  if (tables > 0) {
    throw refusal("ERR_ERGATE_STORE_FOREIGN", `${file} is a database of another program`);
  }
}

/** Each version is one transaction; another process may have done it meanwhile. */
function migrate(db: Database.Database, file: string, now: number): void {
  if (versionOf(db) === schemaVersion) return;
  db.exec("BEGIN IMMEDIATE");
  try {
    const version = versionOf(db);
    if (version > schemaVersion) {
      const versions = `it has schema ${version}, this one knows up to ${schemaVersion}`;
      throw refusal("ERR_ERGATE_STORE_NEWER", `${file} was written by a newer Ergate: ${versions}`);
    }
    db.pragma(`application_id = ${applicationId}`);
    for (let next = version; next < schemaVersion; next++) {
      db.exec(migrations[next] as string);
      db.prepare("INSERT INTO versions (version, applied_at) VALUES (?, ?)").run(next + 1, now);
    }
    db.exec("COMMIT");
  } finally {
    if (db.inTransaction) db.exec("ROLLBACK");
  }
}

export function versionOf(db: Database.Database): number {
  const table = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'versions'").get();
  if (table === undefined) return 0;
  return db.prepare("SELECT COALESCE(MAX(version), 0) FROM versions").pluck().get() as number;
}

/** Refuses what can't work before SQLite creates anything. Returns what may not work well. */
function checkPlace(file: string): string[] {
  const folder = dirname(file);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw refusal("ERR_ERGATE_STORE_OPEN", `${file}: there is no folder ${folder}`);
  }
  if (statSync(file, { throwIfNoEntry: false })?.isDirectory() === true) {
    throw refusal("ERR_ERGATE_STORE_OPEN", `${file} is a folder`);
  }
  const type = statfsSync(folder).type >>> 0;
  const network = networkTypes.get(type);
  if (network !== undefined) {
    const why = "SQLite's locks do not hold across machines";
    throw refusal(
      "ERR_ERGATE_STORE_NETWORK",
      `${file} lies on a network file system (${network}): ${why}`,
    );
  }
  return type === fuseType ? [`${file} lies on a FUSE file system: its locks may not hold`] : [];
}
