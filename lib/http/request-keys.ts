import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import type { Client } from "../client/client.ts";
import type { JobId } from "../job/job.ts";

/** One use of a key: the request's print, and the first job that came of it, if any did. */
interface Use {
  print: string;
  first: Promise<JobId | undefined>;
}

/**
 * Which request came with which key, of the last 20 000 keys. A job's row tells whether its request
 * was another one, but not everything that a request says: its times move. This does, while the
 * process lives.
 */
export class RequestKeys {
  readonly #client: Client;
  readonly #uses = new Map<string, Use>();

  constructor(client: Client) {
    this.#client = client;
  }

  /**
   * Resolves with what `make` does. Rejects with ERR_ERGATE_HTTP_KEY where the key came with
   * another request whose first job is still there; one that is under way is waited for.
   */
  async use<T extends readonly { id: JobId }[]>(
    key: string,
    print: string,
    make: () => Promise<T>,
  ): Promise<T> {
    await this.#refuseOther(key, print);
    const before = this.#uses.get(key);
    const made = make();
    const first = made.then(
      ([one]) => one?.id,
      () => undefined,
    );
    const use = { print, first };
    this.#keep(key, use);
    try {
      return await made;
    } catch (error) {
      if (this.#uses.get(key) === use) this.#keep(key, before);
      throw error;
    }
  }

  async #refuseOther(key: string, print: string): Promise<void> {
    for (;;) {
      const use = this.#uses.get(key);
      if (use === undefined || use.print === print) return;
      const id = await use.first;
      if (id !== undefined && (await this.#client.jobs.get(id)) !== undefined) throw keyUsed(id);
      if (this.#uses.get(key) === use) this.#uses.delete(key);
    }
  }

  #keep(key: string, use: Use | undefined): void {
    this.#uses.delete(key);
    if (use === undefined) return;
    this.#uses.set(key, use);
    for (const oldest of this.#uses.keys()) {
      if (this.#uses.size <= limits.httpKeys) return;
      this.#uses.delete(oldest);
    }
  }
}

export function keyUsed(id: JobId): ErgateError {
  const message = `the key was used for another request, of which job ${id} came`;
  return new ErgateError("ERR_ERGATE_HTTP_KEY", message, { path: "Idempotency-Key", id });
}
