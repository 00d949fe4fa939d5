import type { Declarations, NewWorker, Write, WriteAnswers } from "../lib/protocol/write.ts";

/**
 * This runtime in the file: who it is, and its key there once it joined. It outlives its actors'
 * crashes.
 */
export class Membership {
  readonly #renew: () => NewWorker;
  #worker: NewWorker | undefined;
  #declarations: Declarations = { definitions: [] };
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

  entered(worker: NewWorker, declarations: Declarations, answer: WriteAnswers["join"]): void {
    this.#worker = worker;
    this.#declarations = declarations;
    this.#key = answer.worker;
  }

  declared({ definitions, queues = [] }: Declarations): void {
    const { definitions: known, queues: before = [] } = this.#declarations;
    this.#declarations = {
      definitions: [...known, ...definitions],
      queues: [...before, ...queues],
    };
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
    const declarations = this.#declarations;
    const writes: Extract<Write, { type: "leave" | "join" }>[] = [];
    if (this.#key !== undefined) writes.push({ type: "leave", worker: this.#key, now });
    this.#key = undefined;
    writes.push({ type: "join", worker, ...declarations, now });
    return {
      writes,
      done: (answer) => this.entered(worker, declarations, answer as WriteAnswers["join"]),
    };
  }
}
