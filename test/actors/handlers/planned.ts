import { defineHandler } from "../../../lib/thread/handler.ts";

export default defineHandler((_args: unknown, ctx) => ctx.schedule);
