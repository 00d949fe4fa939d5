import type { Reply } from "../kernel/message.ts";
import type { CommandChanges } from "./command.ts";

/** What the follower of stored commands accepts. */
export type FollowerMessage =
  /** Begins to follow, and answers once this runtime runs all that there are. */
  | { type: "follow"; reply: Reply<null> }
  /** Commands may have changed: written here, or heard from another process. */
  | { type: "look" }
  | { type: "changed"; changes: CommandChanges }
  | { type: "declared" }
  | { type: "failed"; error: unknown };
