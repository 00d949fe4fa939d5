import { createHash } from "node:crypto";
import { canonicalJson } from "../../base/canonical.ts";
import { ErgateError } from "../../base/error.ts";
import type { Json } from "../../base/json.ts";
import { limits } from "../../base/limits.ts";
import type { Client, EnqueueRequest } from "../../client/client.ts";
import type { Job, Receipt } from "../../job/job.ts";

/**
 * Enqueues by a key that the client made: the key names the job, so that the same request again,
 * also to another process or after a restart, finds it. It holds as long as the job is kept, which
 * is 24 h past its end at least by default. Throws ERR_ERGATE_HTTP_KEY where the key was used for
 * another name, other arguments or other options of a job that can still be compared,
 * ERR_ERGATE_OPTION for a key that is none, or beside an `id`.
 */
export async function enqueueOnce(
  client: Client,
  key: string,
  { job, args, ...options }: EnqueueRequest,
): Promise<Receipt> {
  const id = idOf(key);
  if (options.id !== undefined) throw keyError("body.id", "names the job as the key does");
  const receipt = await client.enqueue(job, args, { ...options, id });
  if (receipt.disposition !== "duplicate" || receipt.id !== id) return receipt;
  const first = await client.jobs.get(id);
  if (first !== undefined && !isSame(first, { job, args, ...options })) {
    const message = `the key was used for job ${id}, which is another`;
    throw new ErgateError("ERR_ERGATE_HTTP_KEY", message, { path: "Idempotency-Key", id });
  }
  return { ...receipt, disposition: "created" };
}

function idOf(key: string): string {
  if (key === "" || key.length > limits.httpKeyChars) {
    throw keyError("Idempotency-Key", `must have 1 to ${limits.httpKeyChars} characters`);
  }
  return `key-${createHash("sha256").update(key).digest("base64url").slice(0, 32)}`;
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

function keyError(path: string, problem: string): ErgateError {
  return new ErgateError("ERR_ERGATE_OPTION", `${path} ${problem}`, { path });
}
