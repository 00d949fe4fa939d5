import { limits } from "../lib/base/limits.ts";
import type { Actor, Context } from "../lib/kernel/actor.ts";
import type { SchedulerMessage } from "../lib/protocol/scheduler.ts";
import type { WriteAnswers } from "../lib/protocol/write.ts";
import type { AskQueue } from "./ask.ts";

/**
 * Promotes what is due. It keeps the earliest due time it has heard of, and one timer for it; what
 * other processes put into the file it hears of by the bell or the poll.
 */
export function schedulerActor(parts: {
  ask: AskQueue;
  started(): boolean;
}): Actor<SchedulerMessage> {
  return {
    mailbox: { capacity: limits.schedulerMailbox, overflow: "dropOldest" },
    setup(ctx) {
      let nextAt: number | undefined;
      /** Heard while a promotion is under way, whose answer may not know of it yet. */
      let heardAt = Number.POSITIVE_INFINITY;
      let asking = false;
      let again = false;
      const look = () => {
        if (asking || !parts.started()) {
          again = asking;
          return;
        }
        asking = true;
        again = false;
        heardAt = Number.POSITIVE_INFINITY;
        promote(ctx, parts.ask);
      };
      const wakeAt = (at: number | undefined) => {
        nextAt = at;
        if (at === undefined) ctx.cancel("due");
        else ctx.after("due", Math.max(0, at - ctx.now()), { type: "wake" });
      };
      look();
      return {
        receive(message) {
          switch (message.type) {
            case "due":
              heardAt = Math.min(heardAt, message.at);
              if (nextAt === undefined || message.at < nextAt) wakeAt(message.at);
              return;
            case "look":
            case "wake":
              return look();
            case "promoted":
              asking = false;
              wakeAt(earlier(message.nextAt, heardAt));
              if (message.more || again) look();
              return;
            case "failed":
              asking = false;
              return ctx.after("due", limits.storeRetryMs, { type: "wake" });
            default:
              message satisfies never;
          }
        },
      };
    },
  };
}

function earlier(nextAt: number | undefined, heardAt: number): number | undefined {
  const at = Math.min(nextAt ?? Number.POSITIVE_INFINITY, heardAt);
  return Number.isFinite(at) ? at : undefined;
}

function promote(ctx: Context<SchedulerMessage>, ask: AskQueue): void {
  const limit = limits.promoteRows;
  ctx.pipe(
    ask({ type: "promote", now: ctx.now(), limit }),
    (answer): SchedulerMessage => {
      const { promoted, nextAt } = answer as WriteAnswers["promote"];
      return { type: "promoted", nextAt, more: promoted.length === limit };
    },
    (): SchedulerMessage => ({ type: "failed" }),
  );
}
