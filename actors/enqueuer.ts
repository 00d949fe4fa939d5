import type { Clock } from "../lib/base/clock.ts";
import { limits } from "../lib/base/limits.ts";
import type { EnqueueRequest } from "../lib/client/client.ts";
import type { Gate } from "../lib/client/gate.ts";
import type { Logger } from "../lib/client/options.ts";
import { manyGiven, placed, type Requests } from "../lib/client/requests.ts";
import type { EnqueueOptions } from "../lib/job/context.ts";
import type { JobDefinition } from "../lib/job/definition.ts";
import type { Durability, NewJob, Receipt } from "../lib/job/job.ts";
import type { Duplicates } from "../lib/protocol/queue.ts";
import { childOf, type Parent, receiptsOf } from "./duplicate.ts";
import type { Tracing } from "./tracing.ts";
import { wording } from "./wording.ts";

export interface EnqueuerParts {
  clock: Clock;
  gate: Gate;
  requests: Requests;
  durability: Durability;
  logger: Logger;
  /** Undefined: nobody traces. */
  tracing: Tracing | undefined;
}

/** The way of an enqueue: from the call to the receipt, through the gate. */
export class Enqueuer {
  readonly #parts: EnqueuerParts;
  readonly #warned = new Set<string>();

  constructor(parts: EnqueuerParts) {
    this.#parts = parts;
  }

  async one(
    job: JobDefinition | string | { name: string },
    args: unknown,
    options: EnqueueOptions | undefined,
    parent?: Parent,
  ): Promise<Receipt> {
    const { tracing } = this.#parts;
    if (tracing === undefined) return this.#enter(job, args, options, parent);
    const enter = (traced: EnqueueOptions) => this.#enter(job, args, traced, parent);
    return tracing.enqueue(nameOf(job), options, parent, enter);
  }

  async #enter(
    job: JobDefinition | string | { name: string },
    args: unknown,
    options: EnqueueOptions | undefined,
    parent: Parent | undefined,
  ): Promise<Receipt> {
    const prepared = this.#prepare(job, args, options, parent);
    const made = prepared instanceof Promise ? await prepared : prepared;
    const duplicates = await this.#parts.gate.enter([made], options?.signal);
    return this.#receipts([made], duplicates)[0] as Receipt;
  }

  async many(requests: readonly EnqueueRequest[]): Promise<Receipt[]> {
    if (manyGiven(requests).length === 0) return [];
    const made: NewJob[] = [];
    for (const [at, request] of requests.entries()) {
      try {
        const { job, args, ...options } = request ?? {};
        made.push(await this.prepare(job, args, options));
      } catch (error) {
        throw placed(error, at);
      }
    }
    // One commit, and so one answer: where one of them is refused they stand and fall together.
    for (let at = 1; at < made.length; at++) (made[at] as NewJob).withPrevious = true;
    const signals = requests.flatMap(({ signal }) => (signal === undefined ? [] : [signal]));
    const signal = signals.length === 0 ? undefined : AbortSignal.any(signals);
    const duplicates = await this.#parts.gate.enter(made, signal);
    return this.#receipts(made, duplicates);
  }

  /** For a job that is committed with others, or with a run's end. */
  prepare(
    job: JobDefinition | string | { name: string },
    args: unknown,
    options: EnqueueOptions | undefined,
    parent?: Parent,
  ): NewJob | Promise<NewJob> {
    const { tracing } = this.#parts;
    const carrying = tracing === undefined ? options : tracing.carry(options, parent);
    return this.#prepare(job, args, carrying, parent);
  }

  #prepare(
    job: JobDefinition | string | { name: string },
    args: unknown,
    options: EnqueueOptions | undefined,
    parent: Parent | undefined,
  ): NewJob | Promise<NewJob> {
    const prepared = this.#parts.requests.prepare(job, args, options);
    const ready = (made: NewJob) => this.#weighed(childOf(parent, made));
    return prepared instanceof Promise ? prepared.then(ready) : ready(prepared);
  }

  #weighed(job: NewJob): NewJob {
    if (job.args.length > limits.payloadWarnBytes && !this.#warned.has(job.name)) {
      this.#warned.add(job.name);
      this.#parts.logger.warn({ job: job.name }, wording.payload(job.name, job.args.length));
    }
    return job;
  }

  #receipts(jobs: readonly NewJob[], duplicates: Duplicates): Receipt[] {
    const { durability, clock } = this.#parts;
    return receiptsOf(jobs, duplicates, { now: clock.now(), durability });
  }
}

function nameOf(job: unknown): string {
  const name = typeof job === "object" && job !== null && "name" in job ? job.name : job;
  return typeof name === "string" ? name : "?";
}
