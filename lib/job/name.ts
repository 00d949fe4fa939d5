import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";

const queueForm = /^[\p{L}\p{N}._:/-]+$/u;

/**
 * Throws ERR_ERGATE_JOB_NAME unless `name` can name a job: the queue of that name must be possible.
 */
export function checkJobName(name: unknown, path: string): string {
  return checkName(name, path, "ERR_ERGATE_JOB_NAME", "a job's name");
}

/** Throws ERR_ERGATE_QUEUE_NAME unless `name` can name a queue. */
export function checkQueueName(name: unknown, path: string): string {
  return checkName(name, path, "ERR_ERGATE_QUEUE_NAME", "a queue's name");
}

function checkName(
  name: unknown,
  path: string,
  code: "ERR_ERGATE_JOB_NAME" | "ERR_ERGATE_QUEUE_NAME",
  what: string,
): string {
  if (typeof name === "string" && name.length <= limits.nameChars && queueForm.test(name)) {
    return name;
  }
  const shown = typeof name === "string" ? JSON.stringify(name.slice(0, 60)) : typeof name;
  throw new ErgateError(
    code,
    `${path} is ${shown}: ${what} has 1 to ${limits.nameChars} letters, digits and . _ : / -`,
    { path },
  );
}
