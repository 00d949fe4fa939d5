import { createHash } from "node:crypto";
import { canonicalJson } from "../../base/canonical.ts";
import { ErgateError } from "../../base/error.ts";
import { encodeJson, type Json } from "../../base/json.ts";
import { limits } from "../../base/limits.ts";
import type { Client, EnqueueRequest } from "../../client/client.ts";
import type { EnqueueOptions } from "../../job/context.ts";
import type { Job, Receipt } from "../../job/job.ts";
import type { HttpParts } from "../app.ts";
import { keyUsed } from "../request-keys.ts";

/**
 * Enqueues by a key that the client made: the key names the jobs, so that the same request again,
 * also to another process or after a restart, finds them. It holds as long as the first of them is
 * kept, which is 24 h past its end at least by default. Rejects with ERR_ERGATE_HTTP_KEY where the
 * key came with another request: any other body while the process lives; later, or in another
 * process, another number of jobs, another name, arguments or options that a job keeps as they
 * were. ERR_ERGATE_OPTION: a key that is none, or beside an `id`. `more`: what may differ when the
 * request is sent again.
 */
export async function enqueueOnce(
  { client, keys }: HttpParts,
  key: string,
  request: EnqueueRequest,
  more: EnqueueOptions,
): Promise<Receipt> {
  const id = idOf(key);
  if (request.id !== undefined) throw keyError("body.id", "names the job as the key does");
  const { job, args, ...options } = request;
  const [first] = await keys.use(id, printOf([request]), async () => {
    const receipt = await client.enqueue(job, args, { ...options, ...more, id });
    return settled(client, [request], [receipt], [id]);
  });
  return first as Receipt;
}

/** The same for many in one commit. */
export async function enqueueManyOnce(
  { client, keys }: HttpParts,
  key: string,
  requests: readonly EnqueueRequest[],
): Promise<readonly Receipt[]> {
  const name = idOf(key);
  const named = requests.findIndex(({ id }) => id !== undefined);
  if (named >= 0) throw keyError(`body.jobs[${named}].id`, "names the job as the key does");
  const ids = requests.map((_, at) => `${name}-${at}`);
  return keys.use(name, printOf(requests), async () => {
    await checkNumber(client, name, requests.length);
    const all = requests.map((request, at) => ({ ...request, id: ids[at] as string }));
    return settled(client, requests, await client.enqueueMany(all), ids);
  });
}

/** Of a longer or shorter request that came with the key all jobs but some may be these. */
async function checkNumber({ jobs }: Client, name: string, count: number): Promise<void> {
  const first = await jobs.get(`${name}-0`);
  if (first === undefined) return;
  const last = count === 0 ? undefined : await jobs.get(`${name}-${count - 1}`);
  if (last === undefined || (await jobs.get(`${name}-${count}`)) !== undefined) {
    throw keyUsed(first.id);
  }
}

/** What came before counts as made by this request, once it is seen to be the same. */
async function settled(
  client: Client,
  requests: readonly EnqueueRequest[],
  receipts: readonly Receipt[],
  ids: readonly string[],
): Promise<Receipt[]> {
  const all: Receipt[] = [];
  for (const [at, receipt] of receipts.entries()) {
    const id = ids[at] as string;
    const isOurs = receipt.disposition === "duplicate" && receipt.id === id;
    const first = isOurs ? await client.jobs.get(id) : undefined;
    if (first !== undefined && !isSame(first, requests[at] as EnqueueRequest)) throw keyUsed(id);
    all.push(isOurs ? { ...receipt, disposition: "created" } : receipt);
  }
  return all;
}

function idOf(key: string): string {
  if (key === "" || key.length > limits.httpKeyChars) {
    throw keyError("Idempotency-Key", `must have 1 to ${limits.httpKeyChars} characters`);
  }
  return `key-${hash(key).slice(0, 32)}`;
}

/**
 * Of all that the requests say, whatever the order of their fields. Throws what an enqueue does for
 * arguments that it refuses: to sort what is nested as deep as a body can be would end the stack.
 */
function printOf(requests: readonly EnqueueRequest[]): string {
  const texts = requests.flatMap(({ args = null, ...options }) => [
    encodeJson(args, "args", limits.payloadBytes),
    encodeJson(options, "body", limits.payloadBytes),
  ]);
  return hash(texts.map((text) => canonicalJson(JSON.parse(text))).join("\n"));
}

/** What a job keeps of its request, where the request says it. Times move with every retry. */
function isSame(first: Job, { job, args = null, ...options }: EnqueueRequest): boolean {
  if (first.name !== job || canonicalJson(first.args) !== canonicalJson(args as Json)) return false;
  const { queue = first.queue, priority = first.priority } = options;
  const { maxAttempts = first.maxAttempts, tags = first.tags } = options;
  return (
    first.queue === queue &&
    first.priority === priority &&
    first.maxAttempts === maxAttempts &&
    tags.length === first.tags.length &&
    tags.every((tag) => first.tags.includes(tag))
  );
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("base64url");
}

function keyError(path: string, problem: string): ErgateError {
  return new ErgateError("ERR_ERGATE_OPTION", `${path} ${problem}`, { path });
}
