import { limits } from "../base/limits.ts";
import { Ring } from "../base/ring.ts";

/** Lets a bounded number of questions of locks to the store at a time: the rest waits its turn. */
export class LockGate {
  readonly #waiting = new Ring<() => void>(Number.POSITIVE_INFINITY);
  #underWay = 0;

  async through<T>(ask: () => Promise<T>): Promise<T> {
    if (this.#underWay < limits.lockAsks) this.#underWay++;
    else await new Promise<void>((resolve) => void this.#waiting.push(resolve));
    try {
      return await ask();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#underWay--;
      else next();
    }
  }
}
