import { ErgateError, type ErrorCode } from "./error.ts";

/** What SQLite's drivers throw, as far as it is read here: this file knows no driver. */
export interface StorageError {
  readonly code?: string;
  readonly message: string;
}

/** By the start of SQLite's result code; the first that fits counts. */
const codes: readonly (readonly [start: string, code: ErrorCode])[] = [
  ["SQLITE_FULL", "ERR_ERGATE_STORE_FULL"],
  ["SQLITE_BUSY", "ERR_ERGATE_STORE_LOCKED"],
  ["SQLITE_LOCKED", "ERR_ERGATE_STORE_LOCKED"],
  ["SQLITE_NOTADB", "ERR_ERGATE_STORE_NOT_DATABASE"],
  ["SQLITE_CORRUPT", "ERR_ERGATE_STORE_CORRUPT"],
  ["SQLITE_READONLY", "ERR_ERGATE_STORE_READ_ONLY"],
  ["SQLITE_CANTOPEN", "ERR_ERGATE_STORE_OPEN"],
  ["SQLITE_CONSTRAINT", "ERR_ERGATE_STORE_ROW"],
  // The -shm file could not grow, which in practice is a full disk.
  ["SQLITE_IOERR_SHMSIZE", "ERR_ERGATE_STORE_FULL"],
];

/**
 * The ErgateError of what a database driver threw: by its result code, else
 * ERR_ERGATE_STORE_FAILED. An ErgateError stays as it is. `what` says what was tried, for the
 * message.
 */
export function storageFault(error: StorageError, what?: string): ErgateError {
  if (error instanceof ErgateError) return error;
  const sentence = what === undefined ? error.message : `${what}: ${error.message}`;
  return new ErgateError(codeOf(error), sentence, { cause: error });
}

function codeOf(error: StorageError): ErrorCode {
  const code = error.code ?? "";
  // A value that the driver can't bind: nothing is wrong with the storage.
  if (error instanceof TypeError || error instanceof RangeError) return "ERR_ERGATE_STORE_ROW";
  for (const [start, meaning] of codes) if (code.startsWith(start)) return meaning;
  // SQLite itself turns ENOSPC of a plain write into SQLITE_FULL; of fsync and others it does not.
  if (code === "ENOSPC" || /ENOSPC|no space left/i.test(error.message))
    return "ERR_ERGATE_STORE_FULL";
  return "ERR_ERGATE_STORE_FAILED";
}
