import { durationMs } from "../base/duration.ts";
import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import type { ResultOptions } from "./client.ts";
import type { LocalParts } from "./parts.ts";

type WaitParts = Pick<LocalParts, "clock" | "hub" | "watch">;

/**
 * Looks until `look` gives something: at once, after every event of this process, when others may
 * have written, and at least each second. Rejects with ERR_ERGATE_WAIT_TIMEOUT or the signal's reason.
 */
export function waitUntil<T>(
  parts: WaitParts,
  look: () => Promise<T | undefined>,
  options: ResultOptions,
  what: string,
  /** Calls back on what is worth a look; default: every event. Returns the end of it. */
  listen: (wake: () => void) => () => void = (wake) => onEvents(parts, wake),
): Promise<T> {
  const { signal } = options;
  const timeoutMs =
    options.timeout === undefined ? undefined : durationMs(options.timeout, "timeout");
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    let looking = false;
    let again = false;
    let over = false;
    const ends: (() => void)[] = [];
    const finish = (settle: () => void) => {
      if (over) return;
      over = true;
      for (const end of ends) end();
      settle();
    };
    const wake = () => {
      if (looking || over) {
        again = true;
        return;
      }
      looking = true;
      again = false;
      look().then(
        (found) => {
          looking = false;
          if (found !== undefined) finish(() => resolve(found));
          else if (again) wake();
        },
        (error) => finish(() => reject(error)),
      );
    };
    ends.push(listen(wake), parts.watch(wake), poll(parts, wake));
    if (timeoutMs !== undefined) {
      const message = `${what} did not come within ${timeoutMs} ms`;
      const late = new ErgateError("ERR_ERGATE_WAIT_TIMEOUT", message);
      const timer = parts.clock.after(timeoutMs, () => finish(() => reject(late)));
      ends.push(() => timer.cancel());
    }
    if (signal !== undefined) {
      const abort = () => finish(() => reject(signal.reason));
      signal.addEventListener("abort", abort, { once: true });
      ends.push(() => signal.removeEventListener("abort", abort));
    }
    wake();
  });
}

function onEvents({ hub }: WaitParts, wake: () => void): () => void {
  const subscription = hub.subscribe();
  const again = () => {
    while (subscription.next() !== undefined);
    subscription.onEvent(again);
    wake();
  };
  subscription.onEvent(again);
  return () => subscription.close();
}

/** Behind the bell, which some file systems don't ring. */
function poll({ clock }: WaitParts, wake: () => void): () => void {
  const tick = () => {
    timer = clock.after(limits.resultPollMs, tick);
    wake();
  };
  let timer = clock.after(limits.resultPollMs, tick);
  return () => timer.cancel();
}
