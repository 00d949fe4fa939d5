import { messageOf } from "../lib/base/error.ts";
import { limits } from "../lib/base/limits.ts";
import type { LocalParts } from "../lib/client/parts.ts";
import type { Registry } from "../lib/job/registry.ts";
import { readStoredCommand } from "../lib/job/stored-command.ts";
import type { Actor, Context } from "../lib/kernel/actor.ts";
import type { Reply } from "../lib/kernel/message.ts";
import type { CommandChanges, CommandRow } from "../lib/protocol/command.ts";
import type { FollowerMessage } from "../lib/protocol/follower.ts";
import type { AskQueue } from "./ask.ts";
import { runnable } from "./declarations.ts";
import type { Surroundings } from "./links.ts";
import { wording } from "./wording.ts";

export interface FollowerParts extends Pick<Surroundings, "links" | "logger"> {
  ask: AskQueue;
  read: LocalParts["read"];
  registry: Registry;
  started(): boolean;
}

/**
 * Keeps the commands of the file among what this runtime runs: it reads them in the order of their
 * revisions, all at first and from the last one's on afterwards, so that there is no gap between
 * the list and what follows. One that crashed reads all anew.
 */
export function followerActor(parts: FollowerParts): Actor<FollowerMessage> {
  return {
    mailbox: { capacity: limits.followerMailbox, overflow: "dropOldest" },
    setup(ctx) {
      const follower = new Follower(parts, ctx);
      follower.receive({ type: "look" });
      return follower;
    },
  };
}

class Follower {
  readonly #parts: FollowerParts;
  readonly #ctx: Context<FollowerMessage>;
  /** All up to it is known. */
  #revision = 0;
  /** All is being read anew: what does not come is gone. */
  #isAnew = true;
  /** Names that were seen since then. */
  #seen = new Set<string>();
  #isReading = false;
  #isAgain = false;
  /** The store does not know yet what this runtime runs. */
  #isDue = false;
  #waiting: Reply<null>[] = [];

  constructor(parts: FollowerParts, ctx: Context<FollowerMessage>) {
    this.#parts = parts;
    this.#ctx = ctx;
  }

  receive(message: FollowerMessage): void {
    switch (message.type) {
      case "follow":
        this.#waiting.push(message.reply);
        return this.#look();
      case "look":
        return this.#look();
      case "changed":
        return this.#changed(message.changes);
      case "declared":
        this.#parts.links.dispatcher.tell({ type: "registered" });
        return this.#rest();
      case "failed":
        this.#isReading = false;
        if (!this.#parts.started()) return;
        this.#parts.logger.error({ err: message.error }, wording.unfollowed(message.error));
        return this.#ctx.after("look", limits.storeRetryMs, { type: "look" });
      default:
        message satisfies never;
    }
  }

  #look(): void {
    if (this.#isReading || !this.#parts.started()) {
      this.#isAgain = this.#isReading;
      return;
    }
    this.#isReading = true;
    this.#read();
  }

  #read(): void {
    this.#isAgain = false;
    const query = { since: this.#revision, limit: limits.commandRows };
    this.#ctx.pipe(
      this.#parts.read({ type: "commandChanges", ...query }),
      (changes): FollowerMessage => ({ type: "changed", changes }),
      (error): FollowerMessage => ({ type: "failed", error }),
    );
  }

  #changed({ rows, live }: CommandChanges): void {
    for (const row of rows) this.#take(row);
    if (rows.length === limits.commandRows) return this.#read();
    if (this.#isAnew) this.#forgetOthers();
    // Removals that are no longer on record: what is there says it all.
    else if (rows.length > 0 && live !== this.#seen.size) return this.#readAnew();
    if (this.#isDue) this.#declare();
    else this.#rest();
  }

  #take({ name, spec, revision }: CommandRow): void {
    const { registry, logger } = this.#parts;
    this.#revision = revision;
    this.#isDue = true;
    if (spec === undefined) {
      this.#seen.delete(name);
      return registry.drop(name);
    }
    this.#seen.add(name);
    try {
      if (!registry.store(readStoredCommand(name, spec)))
        logger.error({ name }, wording.taken(name));
    } catch (error) {
      registry.drop(name);
      logger.error({ name, err: error }, wording.unrunnable(name, messageOf(error)));
    }
  }

  #readAnew(): void {
    this.#revision = 0;
    this.#isAnew = true;
    this.#seen = new Set();
    this.#read();
  }

  #forgetOthers(): void {
    const { registry } = this.#parts;
    this.#isAnew = false;
    for (const name of registry.stored()) {
      if (this.#seen.has(name)) continue;
      registry.drop(name);
      this.#isDue = true;
    }
  }

  #declare(): void {
    this.#isDue = false;
    const jobs = runnable(this.#parts.registry);
    this.#ctx.pipe(
      this.#parts.ask({ type: "declare", definitions: [], jobs, now: this.#ctx.now() }),
      (): FollowerMessage => ({ type: "declared" }),
      (error): FollowerMessage => ({ type: "failed", error }),
    );
  }

  #rest(): void {
    if (this.#isAgain) return this.#read();
    this.#isReading = false;
    for (const reply of this.#waiting.splice(0)) this.#ctx.reply(reply, null);
    // Behind the bell: some file systems don't tell of a touched file.
    this.#ctx.after("look", limits.pollMs, { type: "look" }, true);
  }
}
