/** Keeps a started runtime from claiming: the testing kit's way to run nothing by itself. */
export class Hold {
  #held = false;
  #waiting: (() => void)[] = [];

  get held(): boolean {
    return this.#held;
  }

  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) go();
  }

  /** Resolves when it is not held. */
  released(): Promise<void> {
    if (!this.#held) return Promise.resolve();
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }
}
