import type { StoredDefinition } from "../lib/job/registry.ts";
import type { NewWorker, Write, WriteAnswers } from "../lib/protocol/write.ts";

/**
 * This runtime in the file: who it is, and its key there once it joined. It outlives its actors'
 * crashes.
 */
export class Membership {
  readonly #renew: () => NewWorker;
  #worker: NewWorker | undefined;
  #definitions: readonly StoredDefinition[] = [];
  #key: number | undefined;

  /** `renew` makes a worker of a new id, for joining again. */
  constructor(renew: () => NewWorker) {
    this.#renew = renew;
  }

  get joined(): boolean {
    return this.#worker !== undefined;
  }

  /** Its key in the file; undefined while it is not joined. */
  get worker(): number | undefined {
    return this.#key;
  }

  entered(
    worker: NewWorker,
    definitions: readonly StoredDefinition[],
    answer: WriteAnswers["join"],
  ): void {
    this.#worker = worker;
    this.#definitions = definitions;
    this.#key = answer.worker;
  }

  declared(definitions: readonly StoredDefinition[]): void {
    this.#definitions = [...this.#definitions, ...definitions];
  }

  left(): void {
    this.#worker = undefined;
    this.#key = undefined;
  }

  /**
   * The writes that give back what it held and join again under a new id; none where it never
   * joined.
   */
  again(now: number): {
    writes: Extract<Write, { type: "leave" | "join" }>[];
    done: (answer: unknown) => void;
  } {
    if (this.#worker === undefined) return { writes: [], done: () => undefined };
    const worker = this.#renew();
    const definitions = this.#definitions;
    const writes: Extract<Write, { type: "leave" | "join" }>[] = [];
    if (this.#key !== undefined) writes.push({ type: "leave", worker: this.#key, now });
    this.#key = undefined;
    writes.push({ type: "join", worker, definitions, now });
    return {
      writes,
      done: (answer) => this.entered(worker, definitions, answer as WriteAnswers["join"]),
    };
  }
}
