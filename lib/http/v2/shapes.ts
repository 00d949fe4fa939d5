import { z } from "zod";
import { durationMs } from "../../base/duration.ts";
import { ErgateError } from "../../base/error.ts";
import { limits } from "../../base/limits.ts";
import { jobStates } from "../../job/state.ts";
import { wholeNumber } from "../route.ts";

/** Shapes that several routes share. What is answered may have more fields than these. */

export const idParams = z.object({ id: z.string().min(1).max(limits.idChars) });
export const nameParams = z.object({ name: z.string().min(1).max(limits.nameChars) });

const cursor = z.string().max(limits.httpCursorChars);
const state = z.enum(jobStates);
const time = z.union([z.coerce.number(), z.iso.datetime({ offset: true })]);

/** Times of lines, as milliseconds or ISO text. */
export const timesQuery = z.strictObject({ from: time.optional(), until: time.optional() });

export const pageQuery = z.strictObject({
  cursor: cursor.optional(),
  limit: wholeNumber(1, limits.pageRows).optional(),
});

/** Lists are separated by commas. */
export const filterQuery = z.strictObject({
  state: z
    .string()
    .transform((text) => text.split(","))
    .pipe(z.array(state))
    .optional(),
  name: z.string().optional(),
  queue: z.string().optional(),
  tag: z.string().optional(),
  error: z.string().optional(),
  text: z.string().optional(),
  parent: z.string().optional(),
  since: time.optional(),
  until: time.optional(),
});

export const filterBody = z.strictObject({
  state: z.union([state, z.array(state)]).optional(),
  name: z.string().optional(),
  queue: z.string().optional(),
  tag: z.string().optional(),
  error: z.string().optional(),
  text: z.string().optional(),
  parent: z.string().optional(),
  since: z.number().optional(),
  until: z.number().optional(),
  ids: z.array(z.string()).max(10_000).optional(),
});

/** How long a request waits, by default as long as it may; longer is cut to that. */
export const waitQuery = z.strictObject({ timeout: z.string().max(40).optional() });

export function waitMs({ timeout }: z.infer<typeof waitQuery>): number {
  if (timeout === undefined) return limits.httpWaitMs;
  const given = /^\d+$/.test(timeout) ? Number(timeout) : timeout;
  return Math.min(durationMs(given, "timeout"), limits.httpWaitMs);
}

/** Milliseconds, or text such as "5m". */
export const duration = z.union([z.number(), z.string()]);

export const hookBody = z.union([
  z.string(),
  z.strictObject({
    url: z.string(),
    events: z.array(z.string()).optional(),
    secret: z.union([z.string(), z.array(z.string())]).optional(),
  }),
]);

export const enqueueBody = z.strictObject({
  job: z.string(),
  args: z.unknown().optional(),
  id: z.string().optional(),
  delay: duration.optional(),
  runAt: z.number().optional(),
  priority: z.number().optional(),
  queue: z.string().optional(),
  maxAttempts: z.number().optional(),
  timeout: duration.optional(),
  tags: z.array(z.string()).optional(),
  meta: z.record(z.string(), z.string()).optional(),
  unique: z.union([z.boolean(), z.looseObject({})]).optional(),
  hook: z.union([hookBody, z.literal(false)]).optional(),
  allowUnknown: z.boolean().optional(),
});

/** What `wait` comes to; undefined where its time was over first. */
export async function unlessLate<T>(wait: Promise<T>): Promise<{ value: T } | undefined> {
  try {
    return { value: await wait };
  } catch (error) {
    if (error instanceof ErgateError && error.code === "ERR_ERGATE_WAIT_TIMEOUT") return undefined;
    throw error;
  }
}

export const receiptShape = z.looseObject({
  id: z.string(),
  disposition: z.enum(["created", "duplicate", "replaced"]),
  state,
  durability: z.enum(["fsync", "wal", "memory"]),
});

export const jobShape = z.looseObject({
  id: z.string(),
  name: z.string(),
  queue: z.string(),
  state,
  args: z.unknown(),
  result: z.unknown(),
  priority: z.number(),
  attempt: z.number(),
  maxAttempts: z.number(),
  runAt: z.number(),
  createdAt: z.number(),
  startedAt: z.number().optional(),
  finishedAt: z.number().optional(),
  tags: z.array(z.string()),
  meta: z.record(z.string(), z.string()),
  errors: z.array(z.looseObject({ at: z.number(), attempt: z.number(), message: z.string() })),
  reason: z.string().optional(),
});

export const anyObject = z.looseObject({});
export const changed = z.object({ changed: z.boolean() });
export const countShape = z.object({ count: z.number() });

export function pageOf(item: z.ZodType) {
  return z.object({ items: z.array(item), next: z.string().optional() });
}

/** A time in a query is milliseconds, or an ISO text. */
export function dated(query: object): object {
  const entries = Object.entries(query).map(([key, value]) => {
    const isText = ["since", "from", "until"].includes(key) && typeof value === "string";
    return [key, isText ? new Date(value) : value];
  });
  return Object.fromEntries(entries);
}
