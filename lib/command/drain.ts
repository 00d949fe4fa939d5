import type { Clock, Timer } from "../base/clock.ts";
import { limits } from "../base/limits.ts";
import type { CommandOutput } from "./output.ts";

/** The wait for the rest of a command's output, which what it left in the background may keep. */
export class Drain {
  readonly #output: CommandOutput;
  readonly #clock: Clock;
  #wake: () => void = () => undefined;

  constructor(output: CommandOutput, clock: Clock) {
    this.#output = output;
    this.#clock = clock;
  }

  /**
   * Resolves when the output ended, after `ms`, or on `wake()`. Where `isPatient`, time in which
   * the consumer takes nothing doesn't count, until all that the program can have left in its pipes
   * was read.
   */
  wait(ms: number, isPatient: boolean): Promise<void> {
    if (!this.#output.isOpen) return Promise.resolve();
    const from = this.#output.bytes;
    return new Promise((resolve) => {
      let timer: Timer;
      const done = () => {
        timer.cancel();
        resolve();
      };
      const arm = () => {
        timer = this.#clock.after(ms, () => {
          const isBehind = this.#output.wasFull() && this.#output.bytes - from < inPipes;
          if (isPatient && isBehind) arm();
          else done();
        });
      };
      arm();
      this.#wake = done;
    });
  }

  /** Something has changed that the wait was for. */
  wake(): void {
    this.#wake();
  }
}

/** Of both streams. */
const inPipes = 2 * limits.commandPipeBytes;
