import type { HookAnswers, HookClaim, HookOutcome, HookResult } from "./hook.ts";

/** What the sender of status hooks accepts. */
export type HookSenderMessage =
  /** Events may wait: jobs moved here or elsewhere, or a time has come. */
  | { type: "look" }
  | { type: "next"; at: number | undefined }
  | { type: "claimed"; answer: HookAnswers["claimHooks"]; owner: string }
  | { type: "sent"; claim: HookClaim; owner: string; outcome: HookOutcome }
  | { type: "settled"; results: readonly HookResult[]; held: readonly boolean[] }
  /** The store did not take them: they are settled again. */
  | { type: "unsettled"; results: readonly HookResult[]; error: unknown }
  | { type: "settle" }
  | { type: "failed"; error: unknown }
  /** The time for what is under way at the end is over. */
  | { type: "abort" };
