import type {
  Declarations,
  NewWorker,
  Write,
  WriteAnswer,
  WriteAnswers,
} from "../lib/protocol/write.ts";

/**
 * This runtime in the file: who it is, and its key there once it joined. It outlives its actors'
 * crashes.
 */
export class Membership {
  readonly #renew: () => NewWorker;
  #worker: NewWorker | undefined;
  #declarations: Declarations = { definitions: [] };
  #key: number | undefined;
  /** The key it had before it lost track of its runs, until those are given back. */
  #left: number | undefined;

  /** `renew` makes a worker of a new id, for joining again. */
  constructor(renew: () => NewWorker) {
    this.#renew = renew;
  }

  get joined(): boolean {
    return this.#worker !== undefined;
  }

  /** Its random id; undefined while it is not joined. */
  get id(): string | undefined {
    return this.#worker?.id;
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
  again(now: number): Rejoining[] {
    if (this.#worker === undefined) return [];
    this.#left ??= this.#key;
    this.#key = undefined;
    const worker = this.#renew();
    const declarations = this.#declarations;
    const join: Rejoining = {
      write: { type: "join", worker, ...declarations, now },
      done: (answer) => this.entered(worker, declarations, answer as WriteAnswers["join"]),
    };
    if (this.#left === undefined) return [join];
    const done = () => {
      this.#left = undefined;
    };
    const leave = { type: "leave", worker: this.#left, now, keepLocks: true } as const;
    return [{ write: leave, done }, join];
  }
}

/** A write of a rejoin, with what is to be done once it is committed. */
interface Rejoining {
  write: Extract<Write, { type: "leave" | "join" }>;
  done(answer: WriteAnswer): void;
}
