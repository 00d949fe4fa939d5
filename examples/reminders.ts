/** What examples/reminders-test.ts tests: a mail now, and a reminder of it three days later. */
import { defineJob } from "../actors/index.ts";

export interface Order {
  id: number;
  to: string;
}

export const remind = defineJob<Order>("remind", {
  maxAttempts: 3,
  backoff: "1h",
  run: ({ to }, ctx) => ctx.log.info(`reminding ${to}`),
});

export const confirm = defineJob<Order>("confirm", {
  async run(order, ctx) {
    ctx.log.info(`thanking ${order.to}`);
    await ctx.enqueue(remind, order, { delay: "3d", with: "result" });
  },
});
