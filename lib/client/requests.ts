import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import type { EnqueueOptions } from "../job/context.ts";
import { type JobDefinition, parseDefinition } from "../job/definition.ts";
import { optionError } from "../job/fields.ts";
import type { NewJob } from "../job/job.ts";
import { checkJobName } from "../job/name.ts";
import type { Registry, StoredDefinition } from "../job/registry.ts";
import { newJob, type RequestFacts } from "../job/request.ts";
import { checked } from "../job/schema.ts";
import type { EnqueueRequest } from "./client.ts";

/**
 * Makes stored jobs of enqueue calls: finds the definition, checks the arguments, refuses what is
 * wrong.
 */
export interface Requests {
  /** A promise only where a schema answers with one, or the name must be looked up in the store. */
  prepare(
    job: JobDefinition | string | { name: string },
    args: unknown,
    options: EnqueueOptions | undefined,
  ): NewJob | Promise<NewJob>;
}

export interface RequestParts extends RequestFacts {
  registry: Registry;
  stored(name: string): Promise<StoredDefinition | undefined>;
  defaults: StoredDefinition;
}

export function createRequests(parts: RequestParts): Requests {
  const finish = (
    definition: StoredDefinition & { schema?: JobDefinition["schema"] },
    args: unknown,
    options: EnqueueOptions | undefined,
  ): NewJob | Promise<NewJob> => {
    const job = newJob(definition, args, options, parts);
    if (definition.schema === undefined) return job;
    // The schema sees what will be stored: an input that only survives in memory must not pass.
    const answer = checked(definition.schema, JSON.parse(job.args));
    return answer instanceof Promise ? answer.then(() => job) : job;
  };
  return {
    prepare(job, args, options) {
      if (typeof job !== "string" && (typeof job !== "object" || job === null)) {
        throw optionError("job", "must be a job's definition or its name");
      }
      const known = typeof job === "string" ? parts.registry.get(job) : definitionOf(job, parts);
      if (known !== undefined) return finish(known, args, options);
      const name = checkJobName(job, "job");
      return lookUp(name, options, parts).then((stored) => finish(stored, args, options));
    },
  };
}

function definitionOf(job: JobDefinition | { name: string }, parts: RequestParts): JobDefinition {
  return parts.registry.get(job.name) ?? parseDefinition(job, "job");
}

async function lookUp(
  name: string,
  options: EnqueueOptions | undefined,
  parts: RequestParts,
): Promise<StoredDefinition> {
  const stored = await parts.stored(name);
  if (stored !== undefined) return stored;
  if (options?.allowUnknown === true) return { ...parts.defaults, name, queue: name };
  const message = `no job named "${name}" is registered here or stored in the file`;
  throw new ErgateError("ERR_ERGATE_JOB_UNKNOWN", message, { path: "job" });
}

/** Throws ERR_ERGATE_OPTION for what is no list, or too long a one. */
export function manyGiven(requests: readonly EnqueueRequest[]): readonly EnqueueRequest[] {
  if (Array.isArray(requests) && requests.length <= limits.enqueueManyRows) return requests;
  const problem = `must be a list of at most ${limits.enqueueManyRows}: they are one commit`;
  throw optionError("requests", problem);
}

/** Says which of many requests was refused: its options are fields of the request itself. */
export function placed(error: unknown, at: number): unknown {
  if (!(error instanceof ErgateError)) return error;
  const field = error.path?.replace(/^options\./, "");
  const path = field === undefined ? `requests[${at}]` : `requests[${at}].${field}`;
  return new ErgateError(error.code, `requests[${at}]: ${error.message}`, { path, cause: error });
}
