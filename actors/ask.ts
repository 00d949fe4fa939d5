import { limits } from "../lib/base/limits.ts";
import type { System } from "../lib/kernel/system.ts";
import type { AskedWrite } from "../lib/protocol/queue.ts";
import type { WriteAnswer } from "../lib/protocol/write.ts";
import type { Links } from "./links.ts";

/** Asks the queue for one write, and resolves after its commit. */
export type AskQueue = <W extends AskedWrite>(write: W) => Promise<WriteAnswer<W>>;

export function askQueue(system: () => System, links: Links): AskQueue {
  return async <W extends AskedWrite>(write: W) => {
    const answer = await system().ask(links.queue, "write", { write }, limits.askTimeoutMs);
    return answer as WriteAnswer<W>;
  };
}
