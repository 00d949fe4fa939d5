import type { Write, WriteAnswer, WriteAnswers } from "../lib/protocol/write.ts";
import type { Links } from "./links.ts";

/** Wakes the sender of status hooks where committed writes may have left it something. */
export function wakeHooks(
  links: Links,
  writes: readonly Write[],
  answers: readonly WriteAnswer[],
): void {
  const may = writes.some((write, at) => mayTell(write, answers[at] as WriteAnswer));
  if (may) links.hooks.tell({ type: "look" });
}

/** What else may tell (a replaced job's new time) is found by the sender's own poll. */
function mayTell(write: Write, answer: WriteAnswer): boolean {
  switch (write.type) {
    case "settle":
      return write.settlements.some(({ hooked }) => hooked);
    case "claim":
      return (answer as WriteAnswers["claim"]).jobs.some(({ hooked }) => hooked);
    case "note":
      return write.notes.some(({ checkIn }) => checkIn !== undefined);
    case "promote":
      return (answer as WriteAnswers["promote"]).promoted.length > 0;
    case "rescue":
      return (answer as WriteAnswers["rescue"]).workers.length > 0;
    case "end":
    case "retry":
    case "resendHooks":
    case "disableHook":
      return true;
    default:
      return false;
  }
}
