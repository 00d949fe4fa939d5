/**
 * Retries and middlewares. Run it with `node examples/around.ts`; in your own project import from
 * "ergate" instead.
 */
import { createRuntime, defineJob, snooze } from "../actors/index.ts";

const page = defineJob("page", {
  maxAttempts: 6,
  backoff: { type: "exponential", delay: "50ms", max: "1m", jitter: 0.2 },
  onDead: (job, error) => console.error(job.name, job.args, error),
  async run({ url }: { url: string }, ctx) {
    if (ctx.attempt === 1) throw new Error("busy");
    return `${url} for ${ctx.get("user")}`;
  },
});

const runtime = await createRuntime({ storage: ":memory:", jobs: [page] });

runtime.use(async (job, next) => {
  try {
    return await next();
  } finally {
    console.log(job.name, job.attempt);
  }
});

let open = false;
runtime.use((job, next) => {
  if (!open) {
    open = true;
    return snooze("50ms"); // next() is not called: the handler is not entered
  }
  job.set("user", "ada");
  return next();
});

await runtime.start();
console.log(await runtime.enqueueAndWait(page, { url: "/" }));
await runtime.stop();
