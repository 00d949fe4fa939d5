import { execFile } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { limits } from "../base/limits.ts";

/** Both ends of one pipe, as file descriptors: whoever takes it closes each once. */
export interface Pipe {
  readonly read: number;
  readonly write: number;
}

/**
 * Real pipes for commands. What `spawn` makes for "pipe" are sockets: they can't be opened by name,
 * so that `echo problem > /dev/stderr` fails, and one can't stand for two streams. Node makes no
 * pipe, so one `mkfifo` makes many ahead; they lose their names at once.
 */
export class PipePool {
  readonly #maker: string;
  #ready: Pipe[] = [];
  #filling: Promise<void> | undefined;
  #isMissing = false;
  #isClosed = false;

  /** `maker`: another program than `mkfifo`, for tests of a system without it. */
  constructor(maker = "mkfifo") {
    this.#maker = maker;
  }

  /**
   * Undefined where the system has no such pipes. Rejects with the system's error when it has no
   * file descriptors left.
   */
  async take(count: number): Promise<Pipe[] | undefined> {
    while (this.#ready.length < count) {
      if (this.#isMissing) return undefined;
      this.#filling ??= this.#fill();
      await this.#filling;
    }
    const pipes = this.#ready.splice(0, count);
    if (this.#ready.length < limits.commandPipesLow) {
      this.#filling ??= this.#fill();
      // Whoever takes next meets the error: this caller has its pipes.
      this.#filling.catch(() => undefined);
    }
    return pipes;
  }

  /** Gives the pipes ahead back to the system. */
  close(): void {
    this.#isClosed = true;
    for (const pipe of this.#ready.splice(0)) closePipe(pipe);
  }

  async #fill(): Promise<void> {
    try {
      const folder = mkdtempSync(join(tmpdir(), "ergate-"));
      try {
        const names = Array.from({ length: limits.commandPipesAhead }, (_, at) => String(at));
        this.#isMissing = !(await made(this.#maker, names, folder));
        if (this.#isMissing || this.#isClosed) return;
        for (const name of names) this.#ready.push(opened(join(folder, name)));
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    } finally {
      this.#filling = undefined;
    }
  }
}

export function closePipe({ read, write }: Pipe): void {
  closeSync(read);
  closeSync(write);
}

function made(maker: string, names: readonly string[], cwd: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile(maker, ["-m", "600", ...names], { cwd }, (error) => resolve(error === null));
  });
}

/**
 * An end that waits for no other can be opened only for reading; the one that is kept has to block,
 * as programs expect of their streams.
 */
function opened(path: string): Pipe {
  const first = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const write = openSync(path, constants.O_WRONLY);
    try {
      return { read: openSync(path, constants.O_RDONLY), write };
    } catch (error) {
      closeSync(write);
      throw error;
    }
  } finally {
    closeSync(first);
  }
}
