import { createReadStream, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { Heap } from "../base/heap.ts";
import { limits } from "../base/limits.ts";

/** What can't be in a file's name, nor in a digest. */
const end = "\0";

interface Head {
  record: string;
  rest: AsyncIterator<string>;
}

/**
 * Sorts more records than belong in memory: past `most` they go to side files, in
 * sorted runs that are merged at the end. Records are one character a byte and hold no NUL.
 */
export class Sorter {
  readonly #prefix: string;
  readonly #most: number;
  readonly #files: string[] = [];
  #records: string[] = [];

  /**
   * Side files are called `prefix` and a number; what an earlier process left there is overwritten.
   */
  constructor(prefix: string, most: number = limits.demoSortRecords) {
    this.#prefix = prefix;
    this.#most = most;
  }

  async add(record: string): Promise<void> {
    this.#records.push(record);
    if (this.#records.length >= this.#most) await this.#spill();
  }

  /** All records in order, once. */
  async *sorted(): AsyncGenerator<string> {
    this.#records.sort();
    if (this.#files.length === 0) {
      yield* this.#records;
      return;
    }
    const runs = this.#files.map((file) => recordsOf(file));
    yield* merged([...runs, this.#records.values()]);
  }

  /** Deletes the side files. */
  close(): void {
    for (const file of this.#files) rmSync(file, { force: true });
  }

  async #spill(): Promise<void> {
    const records = this.#records.sort();
    this.#records = [];
    const file = `${this.#prefix}${this.#files.length}`;
    this.#files.push(file);
    const handle = await open(file, "w");
    try {
      await handle.writeFile(Buffer.from(records.join(end) + end, "latin1"));
    } finally {
      await handle.close();
    }
  }
}

async function* recordsOf(file: string): AsyncGenerator<string> {
  let rest = "";
  for await (const text of createReadStream(file, "latin1")) {
    const records = (rest + text).split(end);
    rest = records.pop() as string;
    yield* records;
  }
}

async function* merged(
  runs: readonly (AsyncIterator<string> | Iterator<string>)[],
): AsyncGenerator<string> {
  const heads = new Heap<Head>((one, other) => one.record < other.record);
  const advance = async (rest: AsyncIterator<string>) => {
    const next = await rest.next();
    if (next.done !== true) heads.push({ record: next.value, rest });
  };
  for (const run of runs) await advance(run as AsyncIterator<string>);
  for (let head = heads.pop(); head !== undefined; head = heads.pop()) {
    yield head.record;
    await advance(head.rest);
  }
}
