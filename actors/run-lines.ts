import type { Logger } from "../lib/client/options.ts";
import type { ClaimedJob } from "../lib/job/job.ts";
import type { Outcome } from "../lib/job/outcome.ts";
import { countedAs } from "../lib/metric/snapshot.ts";

/**
 * Says each run's start (debug) and end (info) through the host's logger, outside of every
 * middleware. Nothing is made for a level that the logger says is off.
 */
export class RunLines {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  started({ name, id, attempt }: ClaimedJob): void {
    this.#say("debug", () => ({ name, id, attempt }), "run started");
  }

  /** `ms` undefined: not known. */
  ended({ name, id, attempt }: ClaimedJob, outcome: Outcome, ms: number | undefined): void {
    this.#say(
      "info",
      () => {
        const fields = { name, id, attempt, ms: ms && Math.round(ms), outcome: wordOf(outcome) };
        const error = "error" in outcome ? outcome.error?.message : undefined;
        return error === undefined ? fields : { ...fields, error };
      },
      "run ended",
    );
  }

  #say(level: "debug" | "info", fields: () => object, text: string): void {
    const logger = this.#logger;
    try {
      if (logger.isLevelEnabled?.(level) !== false) logger[level](fields(), text);
    } catch {
      // A logger that fails must not fail the run, and there is nobody to be told.
    }
  }
}

/** As stats count it; a run that a shutdown interrupted is given back. */
function wordOf({ type }: Outcome): string {
  return type === "released" ? "interrupted" : countedAs(type);
}
