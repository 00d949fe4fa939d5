import type { Cell } from "./cell.ts";
import type { Message } from "./message.ts";
import type { Down } from "./ref.ts";

/** Whose end one actor wants to hear of, and who wants to hear of its own. */
export class Watches {
  readonly #cell: Cell;
  readonly #targets = new Map<Watches, (down: Down) => Message>();
  readonly #watchers = new Set<Watches>();
  #down: Down | undefined;

  constructor(cell: Cell) {
    this.#cell = cell;
  }

  watch(target: Watches, toMessage: (down: Down) => Message): void {
    this.#targets.set(target, toMessage);
    if (target.#down === undefined) target.#watchers.add(this);
    else this.#hear(target, target.#down);
  }

  /** Tells everyone who watches. Nobody is told twice, so neither side keeps the other. */
  announce(down: Down): void {
    this.#down = down;
    for (const watcher of this.#watchers) watcher.#hear(this, down);
    this.#watchers.clear();
  }

  /** Watches belong to one incarnation. */
  forget(): void {
    for (const target of this.#targets.keys()) target.#watchers.delete(this);
    this.#targets.clear();
  }

  #hear(target: Watches, down: Down): void {
    const toMessage = this.#targets.get(target);
    this.#targets.delete(target);
    if (toMessage !== undefined) this.#cell.owe(this.#cell.incarnation, () => toMessage(down));
  }
}
