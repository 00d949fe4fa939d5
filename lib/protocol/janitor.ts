import type { ClearedWorker, OrphanedWorker } from "./rescue.ts";
import type { WriteAnswers } from "./write.ts";

/** What the janitor accepts: its own timers, and what came of its work. */
export type JanitorMessage =
  | { type: "probe" }
  /** `cleared`: what the write said so of. */
  | {
      type: "rescued";
      answer: WriteAnswers["rescue"];
      cleared: readonly ClearedWorker[];
    }
  /** What commands of a dead runtime left is ended, by the command lines of what there was. */
  | { type: "ended"; worker: OrphanedWorker; commands: readonly string[]; left: number }
  | { type: "unended"; worker: OrphanedWorker; error: unknown }
  | { type: "beat" }
  | { type: "sweep" }
  | { type: "pruned"; answer: WriteAnswers["prune"] }
  | { type: "failed"; what: "probe" | "sweep"; error: unknown };
