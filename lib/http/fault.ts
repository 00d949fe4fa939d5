import { ErgateError, type ErrorCode, errorCodes } from "../base/error.ts";

/** What goes wrong with a request, and how that is answered. */

/** The body of every error. `code` is jobservice 1.7.5's number, `err` ours. */
export interface FaultBody {
  code: number;
  message: string;
  details?: string;
  err: ErrorCode;
  description: string;
  /** Of the bad field. */
  path?: string;
  /** Of the job that a duplicate met. */
  id?: string;
  requestId: string;
}

/** jobservice 1.7.5's numbers, as its clients know them. */
export const faultCodes = {
  json: 10003,
  launch: 10005,
  stats: 10006,
  get: 10007,
  stop: 10008,
  cancel: 10009,
  retry: 10010,
  action: 10011,
  log: 10012,
  notFound: 10013,
  unauthorized: 10014,
  conflict: 10015,
} as const;

/** Status and number by code; all others are the client's mistake: 400. */
const answers: Partial<Record<ErrorCode, readonly [status: number, code?: number]>> = {
  ERR_ERGATE_HTTP_JSON: [400, faultCodes.json],
  ERR_ERGATE_HTTP_BODY: [413],
  ERR_ERGATE_PAYLOAD_SIZE: [413],
  ERR_ERGATE_HTTP_MEDIA: [415],
  ERR_ERGATE_HTTP_UNAUTHORIZED: [401, faultCodes.unauthorized],
  ERR_ERGATE_HTTP_FORBIDDEN: [403, faultCodes.unauthorized],
  ERR_ERGATE_HTTP_ORIGIN: [403, faultCodes.unauthorized],
  ERR_ERGATE_HTTP_HOST: [421],
  ERR_ERGATE_HTTP_ROUTE: [404, faultCodes.notFound],
  ERR_ERGATE_HTTP_METHOD: [405],
  ERR_ERGATE_HTTP_LOGINS: [429, faultCodes.unauthorized],
  ERR_ERGATE_JOB_NOT_FOUND: [404, faultCodes.notFound],
  ERR_ERGATE_SCHEDULE_UNKNOWN: [404, faultCodes.notFound],
  ERR_ERGATE_COMMAND_UNKNOWN: [404, faultCodes.notFound],
  ERR_ERGATE_WAIT_TIMEOUT: [408],
  ERR_ERGATE_JOB_STATE: [409, faultCodes.conflict],
  ERR_ERGATE_DUPLICATE: [409, faultCodes.conflict],
  ERR_ERGATE_UNIQUE_TAKEN: [409, faultCodes.conflict],
  ERR_ERGATE_SCHEDULE_BUSY: [409, faultCodes.conflict],
  ERR_ERGATE_RESULT_STOPPED: [409, faultCodes.conflict],
  ERR_ERGATE_RESULT_CANCELLED: [409, faultCodes.conflict],
  ERR_ERGATE_RESULT_DEAD: [409, faultCodes.conflict],
  ERR_ERGATE_HTTP_RANGE: [416],
  ERR_ERGATE_HTTP_KEY: [422, faultCodes.conflict],
  ERR_ERGATE_QUEUE_FULL: [429],
  ERR_ERGATE_OVERLOADED: [503],
  ERR_ERGATE_STOPPED: [503],
  ERR_ERGATE_STORE_LOCKED: [503],
  ERR_ERGATE_STORE_FULL: [503],
  ERR_ERGATE_STORE_FAILED: [503],
  ERR_ERGATE_INTERNAL: [500],
};

export interface Answer {
  status: number;
  body: FaultBody;
}

/**
 * How an error is answered. `code`: the route's own number, for what has none. What is no
 * ErgateError is our fault: its text is for the log, and no client sees it.
 */
export function answerOf(error: unknown, requestId: string, code: number): Answer {
  const fault =
    error instanceof ErgateError
      ? error
      : new ErgateError("ERR_ERGATE_INTERNAL", "the server failed; its log says more");
  const [status, own] = answers[fault.code] ?? [statusOf(fault.code)];
  const { path, id } = fault;
  const body: FaultBody = {
    code: own ?? code,
    message: fault.message,
    ...(path === undefined ? {} : { details: `the field ${path}`, path }),
    err: fault.code,
    description: errorCodes[fault.code].means,
    ...(id === undefined ? {} : { id }),
    requestId,
  };
  return { status, body };
}

/** What the storage can't do is no mistake of the client. */
function statusOf(code: ErrorCode): number {
  return code.startsWith("ERR_ERGATE_STORE_") || code.startsWith("ERR_ERGATE_ACTOR_") ? 500 : 400;
}
