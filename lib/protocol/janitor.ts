import type { WriteAnswers } from "./write.ts";

/** What the janitor accepts: its own timers, and what came of its work. */
export type JanitorMessage =
  | { type: "probe" }
  | { type: "rescued"; answer: WriteAnswers["rescue"] }
  | { type: "beat" }
  | { type: "sweep" }
  | { type: "pruned"; answer: WriteAnswers["prune"] }
  | { type: "failed"; what: "probe" | "sweep"; error: unknown };
