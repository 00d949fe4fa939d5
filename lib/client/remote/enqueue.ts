import { limits } from "../../base/limits.ts";
import type { EnqueueOptions } from "../../job/context.ts";
import { type JobDefinition, parseDefinition } from "../../job/definition.ts";
import { optionError } from "../../job/fields.ts";
import type { Receipt } from "../../job/job.ts";
import { checkJobName } from "../../job/name.ts";
import { newJob } from "../../job/request.ts";
import { checked } from "../../job/schema.ts";
import type { EnqueueRequest } from "../client.ts";
import { manyGiven, placed } from "../requests.ts";
import type { Connection } from "./connection.ts";

/**
 * The server has the definition: what is given here names it, and its schema, if it has one, is
 * asked here too.
 */
export async function remoteEnqueue(
  server: Connection,
  job: EnqueueRequest["job"] | { name: string },
  args: unknown,
  options: EnqueueOptions = {},
): Promise<Receipt> {
  const text = await textOf(server, job, args, options);
  return server.call("POST", "/jobs", { text, signal: options.signal });
}

export async function remoteEnqueueMany(
  server: Connection,
  requests: readonly EnqueueRequest[],
): Promise<Receipt[]> {
  if (manyGiven(requests).length === 0) return [];
  const texts: string[] = [];
  for (const [at, request] of requests.entries()) {
    try {
      const { job, args, ...options } = request ?? {};
      texts.push(await textOf(server, job, args, options));
    } catch (error) {
      throw placed(error, at);
    }
  }
  const signals = requests.flatMap(({ signal }) => (signal === undefined ? [] : [signal]));
  const signal = signals.length === 0 ? undefined : AbortSignal.any(signals);
  const text = `{"jobs":[${texts.join(",")}]}`;
  return (await server.call<{ items: Receipt[] }>("POST", "/jobs/batch", { text, signal })).items;
}

/** One request as JSON, refused here as the server would. */
async function textOf(
  { clock }: Connection,
  job: EnqueueRequest["job"] | { name: string },
  args: unknown,
  options: EnqueueOptions,
): Promise<string> {
  const definition = definitionOf(job);
  const facts = { clock, newId: () => "unused", payloadBytes: limits.payloadBytes };
  const made = newJob(definition, args, options, facts);
  if (definition.schema !== undefined) await checked(definition.schema, JSON.parse(made.args));
  const { signal: _, runAt, ...others } = options;
  const time = runAt === undefined ? {} : { runAt: Number(runAt) };
  const head = JSON.stringify({ job: definition.name, ...time, ...others });
  return `${head.slice(0, -1)},"args":${made.args}}`;
}

type Named = Parameters<typeof newJob>[0] & { schema?: JobDefinition["schema"] };

function definitionOf(job: EnqueueRequest["job"] | { name: string }): Named {
  if (typeof job === "object" && job !== null) return parseDefinition(job, "job");
  if (typeof job !== "string") throw optionError("job", "must be a job's definition or its name");
  const name = checkJobName(job, "job");
  const unknown = { priority: 0, maxAttempts: 1, timeoutMs: undefined, unique: undefined };
  return { ...unknown, name, queue: name, crashLimit: 1 };
}
