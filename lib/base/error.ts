/**
 * Every fault a user can meet, by code: what it means, and whether the same call may succeed later.
 * Codes are stable: none is renamed, none changes its meaning.
 */
export const errorCodes = {
  ERR_ERGATE_OPTION: { retryable: false, means: "an option is missing, unknown or out of range" },
  ERR_ERGATE_DURATION: { retryable: false, means: 'not a duration such as 1500, "90s", "5m"' },
  ERR_ERGATE_JOB_UNKNOWN: {
    retryable: false,
    means: "no job of that name is registered or stored",
  },
  ERR_ERGATE_JOB_NAME: { retryable: false, means: "a job's name is empty, too long or taken" },
  ERR_ERGATE_JOB_NOT_FOUND: { retryable: false, means: "no job of that id is in this namespace" },
  ERR_ERGATE_JOB_STATE: { retryable: false, means: "the job's state does not allow that move" },
  ERR_ERGATE_JOB_DEPTH: {
    retryable: false,
    means: "a chain of jobs that enqueue each other is too long",
  },
  ERR_ERGATE_DUPLICATE: {
    retryable: true,
    means: "the job's unique key is held, and its option says to reject",
  },
  ERR_ERGATE_UNIQUE_TAKEN: {
    retryable: true,
    means: "a final job can't run again: another holds its unique key",
  },
  ERR_ERGATE_QUEUE_FULL: {
    retryable: true,
    means: "as many jobs as its maxDepth wait in the queue already",
  },
  ERR_ERGATE_SCHEDULE_UNKNOWN: {
    retryable: false,
    means: "no schedule of that name is in this namespace",
  },
  ERR_ERGATE_SCHEDULE_BUSY: {
    retryable: true,
    means: "others changed the schedule whenever it was to be changed",
  },
  ERR_ERGATE_QUEUE_NAME: {
    retryable: false,
    means: "a queue's name is empty, too long or not of letters, digits and . _ : / -",
  },
  ERR_ERGATE_PAYLOAD_JSON: {
    retryable: false,
    means: "a value has no JSON form, or would change silently",
  },
  ERR_ERGATE_PAYLOAD_SIZE: {
    retryable: false,
    means: "a payload or result is larger than its limit",
  },
  ERR_ERGATE_PAYLOAD_SCHEMA: { retryable: false, means: "the job's schema refused the arguments" },
  ERR_ERGATE_HANDLER_LOAD: { retryable: false, means: "a thread handler can't be loaded" },
  ERR_ERGATE_CURSOR: { retryable: false, means: "a cursor was not made by the same call" },
  ERR_ERGATE_STORE_OPEN: { retryable: false, means: "the storage file can't be opened" },
  ERR_ERGATE_STORE_NOT_DATABASE: { retryable: false, means: "the storage file is no database" },
  ERR_ERGATE_STORE_FOREIGN: {
    retryable: false,
    means: "the storage file is another program's database",
  },
  ERR_ERGATE_STORE_READ_ONLY: { retryable: false, means: "the storage file can't be written" },
  ERR_ERGATE_STORE_NEWER: {
    retryable: false,
    means: "the storage file was written by a newer Ergate",
  },
  ERR_ERGATE_STORE_SQLITE_OLD: {
    retryable: false,
    means: "the SQLite library is older than 3.51.3",
  },
  ERR_ERGATE_STORE_NETWORK: {
    retryable: false,
    means: "the storage file lies on a network file system",
  },
  ERR_ERGATE_STORE_LOCKED: {
    retryable: true,
    means: "another program kept the storage file locked",
  },
  ERR_ERGATE_STORE_FULL: { retryable: true, means: "the disk is full" },
  ERR_ERGATE_STORE_CORRUPT: { retryable: false, means: "the storage file is damaged" },
  ERR_ERGATE_STORE_ROW: {
    retryable: false,
    means: "a row, perhaps edited by hand, can't be moved",
  },
  ERR_ERGATE_STORE_FAILED: {
    retryable: true,
    means: "the store failed or ended before it answered",
  },
  ERR_ERGATE_RUN_TIMEOUT: { retryable: true, means: "a run took longer than its timeout" },
  ERR_ERGATE_RUN_STOPPED: { retryable: false, means: "a run was asked to stop" },
  ERR_ERGATE_RUN_CANCELLED: { retryable: false, means: "a run was cancelled" },
  ERR_ERGATE_RUN_INTERRUPTED: { retryable: true, means: "a run was interrupted by a shutdown" },
  ERR_ERGATE_RUN_LOST: { retryable: true, means: "the thread or process of a run died" },
  ERR_ERGATE_RESULT_STOPPED: { retryable: false, means: "the awaited job was stopped" },
  ERR_ERGATE_RESULT_CANCELLED: { retryable: false, means: "the awaited job was cancelled" },
  ERR_ERGATE_RESULT_DEAD: { retryable: false, means: "the awaited job is dead" },
  ERR_ERGATE_WAIT_TIMEOUT: { retryable: true, means: "what was awaited did not come in time" },
  ERR_ERGATE_OVERLOADED: { retryable: true, means: "a bounded queue inside is full" },
  ERR_ERGATE_HOOK_URL: {
    retryable: false,
    means: "a status hook's address can't be read, or nothing may be sent there",
  },
  ERR_ERGATE_STOPPED: { retryable: false, means: "the runtime is stopping or stopped" },
  ERR_ERGATE_HTTP_LISTEN: { retryable: true, means: "the HTTP server can't listen there" },
  ERR_ERGATE_HTTP_JSON: { retryable: false, means: "a request's body is no JSON" },
  ERR_ERGATE_HTTP_BODY: { retryable: false, means: "a request's body is larger than 1 MiB" },
  ERR_ERGATE_HTTP_MEDIA: { retryable: false, means: "a request's body is of another media type" },
  ERR_ERGATE_HTTP_UNAUTHORIZED: { retryable: false, means: "a request names no known secret" },
  ERR_ERGATE_HTTP_FORBIDDEN: { retryable: false, means: "a secret does not have that right" },
  ERR_ERGATE_HTTP_HOST: { retryable: false, means: "a request's Host is not one of the server's" },
  ERR_ERGATE_HTTP_ORIGIN: { retryable: false, means: "another site's page sent the request" },
  ERR_ERGATE_HTTP_ROUTE: { retryable: false, means: "there is nothing at that path" },
  ERR_ERGATE_HTTP_METHOD: { retryable: false, means: "the path does not take that method" },
  ERR_ERGATE_HTTP_RANGE: { retryable: false, means: "a Range begins past the end of the text" },
  ERR_ERGATE_HTTP_KEY: {
    retryable: false,
    means: "an Idempotency-Key was used for another request",
  },
  ERR_ERGATE_HTTP_UNREACHABLE: {
    retryable: true,
    means: "the server was not reached, or did not answer in time",
  },
  ERR_ERGATE_HTTP_ANSWER: { retryable: true, means: "what answered is no Ergate server" },
  ERR_ERGATE_REMOTE: { retryable: false, means: "that can't be done over HTTP" },
  ERR_ERGATE_HTTP_LOGINS: { retryable: true, means: "too many logins failed at once" },
  ERR_ERGATE_INTERNAL: { retryable: true, means: "a fault of the server's own" },
  ERR_ERGATE_ACTOR_FAILED: {
    retryable: true,
    means: "the actor that was asked failed before it answered",
  },
  ERR_ERGATE_MIDDLEWARE: {
    retryable: false,
    means: "a middleware called next() twice, or too late",
  },
  ERR_ERGATE_SCHEDULE: {
    retryable: false,
    means: "a schedule's name, time or zone can't be read, or its time can never come",
  },
  ERR_ERGATE_COMMAND_UNKNOWN: {
    retryable: false,
    means: "no command of that name is in this namespace",
  },
  ERR_ERGATE_COMMAND_NOT_FOUND: { retryable: false, means: "a command's program is not there" },
  ERR_ERGATE_COMMAND_NOT_EXECUTABLE: {
    retryable: false,
    means: "a command's program is there but can't be run",
  },
  ERR_ERGATE_COMMAND_FOLDER: { retryable: false, means: "a command's cwd can't be entered" },
  ERR_ERGATE_COMMAND_LIMIT: {
    retryable: false,
    means: "a command's limit is above what this process may set",
  },
  ERR_ERGATE_COMMAND_START: { retryable: true, means: "the system started no process just now" },
  ERR_ERGATE_COMMAND_FAILED: {
    retryable: true,
    means: "a command ended with a code other than 0, or by a signal",
  },
  ERR_ERGATE_LOCK_TAKEN: { retryable: true, means: "another holds the lock" },
  ERR_ERGATE_LOCK_LOST: {
    retryable: true,
    means: "a lock's lease is over: it was not renewed in time, or its runtime stopped",
  },
  ERR_ERGATE_LOCK_THREAD: { retryable: false, means: "a handler in a thread can't hold a lock" },
  ERR_ERGATE_CONTEXT: { retryable: false, means: "the context function failed at start" },
} as const;

export type ErrorCode = keyof typeof errorCodes;

export interface ErrorDetail {
  /** Where in the caller's input, such as `queues.mail.weight` or `args.to[2]`. */
  path?: string;
  /** The job that it is about, such as the one that holds a unique key. */
  id?: string;
  cause?: unknown;
}

/** The one class of every fault that Ergate reports. */
export class ErgateError extends Error {
  readonly code: ErrorCode;
  readonly path: string | undefined;
  /** The job that it is about, such as the one that holds a unique key. */
  readonly id: string | undefined;
  /** Whether the same call may succeed later. */
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, detail: ErrorDetail = {}) {
    super(message, "cause" in detail ? { cause: detail.cause } : undefined);
    this.name = "ErgateError";
    this.code = code;
    this.path = detail.path;
    this.id = detail.id;
    this.retryable = errorCodes[code].retryable;
  }
}

/** A fault as plain data, to cross a thread's border. */
export interface PlainFault {
  code: ErrorCode;
  message: string;
  path?: string;
  id?: string;
}

export function toPlainFault(error: unknown): PlainFault {
  if (!(error instanceof ErgateError)) {
    return { code: "ERR_ERGATE_STORE_FAILED", message: messageOf(error) };
  }
  const { code, message, path, id } = error;
  return { code, message, ...(path !== undefined && { path }), ...(id !== undefined && { id }) };
}

export function fromPlainFault({ code, message, ...detail }: PlainFault): ErgateError {
  return new ErgateError(code, message, detail);
}

/** The text of anything thrown, also of what can't be made text. */
export function messageOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return "[unprintable]";
  }
}
