import { z } from "zod";
import { defineHandler } from "../../../lib/thread/handler.ts";

let runs = 0;
export const lives: string[] = [];

export const args = z.object({ at: z.coerce.date(), end: z.string().optional() });

export const setup = () => {
  lives.push("setup");
  return { from: "setup" };
};

export const teardown = () => {
  lives.push(`teardown after ${runs}`);
};

export default defineHandler(async (value: { at: Date; end?: string }, ctx) => {
  runs++;
  const { log, checkIn, enqueue } = ctx;
  log.info("counting", { runs });
  checkIn("half way");
  if (value.end === "throw") throw Object.assign(new RangeError("no more"), { code: "E_MORE" });
  if (value.end === "hang") await new Promise(() => {});
  if (value.end === "wait") {
    await new Promise((_, reject) => {
      ctx.signal.addEventListener("abort", () => reject(ctx.signal.reason));
    });
  }
  await enqueue("child", { from: ctx.name });
  await enqueue("child", { from: "result" }, { with: "result" });
  return { year: value.at.getUTCFullYear(), base: ctx.base, command: ctx.command() };
});
