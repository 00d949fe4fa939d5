import { jobOf } from "../lib/client/jobs.ts";
import type { JobDefinition } from "../lib/job/definition.ts";
import type { Job, JobId } from "../lib/job/job.ts";
import { memoryStorage } from "../lib/store/memory/engine.ts";
import type { JobStore } from "../lib/store/store.ts";
import { isMatch, type Match, notAsWanted } from "./test-match.ts";

/** A job's definition, or its name alone. */
export type Named<Input = unknown, Result = unknown> = JobDefinition<Input, Result> | string;

/** The jobs of a runtime under test, which lie in memory and are read at once. */
export class Rows {
  readonly #storage = memoryStorage();
  readonly #namespace: string;

  constructor(namespace: string) {
    this.#namespace = namespace;
  }

  open(): JobStore {
    return this.#storage.open(this.#namespace);
  }

  get(id: JobId): Job | undefined {
    return jobOf(this.#storage.look({ type: "job", id }, this.#namespace));
  }

  /** The newest last. */
  find(job: Named | undefined, match: Match | undefined): Job[] {
    const filter = job === undefined ? {} : { name: nameOf(job) };
    const all = { type: "jobs", filter, cursor: undefined, limit: Infinity } as const;
    const { items } = this.#storage.look(all, this.#namespace);
    const jobs = items.map((row) => jobOf(row)).reverse();
    return match === undefined ? jobs : jobs.filter((each) => isMatch(each, match));
  }

  /** The newest that matches. */
  assert(job: Named, match: Match | undefined): Job {
    const found = this.find(job, match).at(-1);
    if (found !== undefined) return found;
    throw notAsWanted("a", nameOf(job), match, this.find(undefined, undefined));
  }

  refute(job: Named, match: Match | undefined): void {
    const found = this.find(job, match);
    if (found.length > 0) throw notAsWanted("no", nameOf(job), match, found);
  }
}

function nameOf(job: { name: string } | string): string {
  return typeof job === "string" ? job : job.name;
}
