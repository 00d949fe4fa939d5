import type { Context } from "../lib/kernel/actor.ts";
import type { JanitorMessage } from "../lib/protocol/janitor.ts";
import type { ClearedWorker, OrphanedWorker } from "../lib/protocol/rescue.ts";
import type { CommandHost } from "./command-host.ts";
import type { Surroundings } from "./links.ts";
import { wording } from "./wording.ts";

export interface OrphanageParts extends Pick<Surroundings, "logger"> {
  commands: Pick<CommandHost, "endOrphans">;
}

/**
 * Ends what the commands of dead runtimes left behind; only then their jobs are given back, since a
 * command must not run beside itself.
 */
export class Orphanage {
  readonly #parts: OrphanageParts;
  readonly #ctx: Context<JanitorMessage>;
  /** Ids of workers whose commands are being ended, or are and the store does not know. */
  readonly #known = new Set<string>();
  #cleared: ClearedWorker[] = [];

  constructor(parts: OrphanageParts, ctx: Context<JanitorMessage>) {
    this.#parts = parts;
    this.#ctx = ctx;
  }

  /** Nothing is left of their commands. */
  get cleared(): readonly ClearedWorker[] {
    return this.#cleared;
  }

  take(workers: readonly OrphanedWorker[]): void {
    for (const worker of workers) {
      if (this.#known.has(worker.id)) continue;
      this.#known.add(worker.id);
      this.#ctx.pipe(
        this.#parts.commands.endOrphans(worker.marks),
        ({ ended, left }): JanitorMessage => {
          const commands = ended.map(({ command, pid }) => `${command} (pid ${pid})`);
          return { type: "ended", worker, commands, left };
        },
        (error): JanitorMessage => ({ type: "unended", worker, error }),
      );
    }
  }

  /** What no signal ends is tried again: its job waits. */
  ended({ worker, commands, left }: Extract<JanitorMessage, { type: "ended" }>): void {
    const { id, pid } = worker;
    const fields = { worker: id, pid, commands, left };
    if (commands.length > 0) this.#parts.logger.warn(fields, wording.orphans(id, commands));
    if (left > 0) {
      this.#parts.logger.error(fields, wording.orphansLeft(id, left));
      this.#known.delete(id);
    } else this.#clear(worker);
  }

  /** Where nobody can look nothing can be held back for what is not seen. */
  unended({ worker, error }: Extract<JanitorMessage, { type: "unended" }>): void {
    this.#parts.logger.error({ err: error }, wording.unended(worker.id, error));
    this.#clear(worker);
  }

  /** The store gave their jobs back. */
  buried(cleared: readonly ClearedWorker[]): void {
    for (const { id } of cleared) this.#known.delete(id);
    this.#cleared = this.#cleared.filter((one) => !cleared.includes(one));
  }

  #clear({ id, culprit }: OrphanedWorker): void {
    this.#cleared.push({ id, culprit });
  }
}
