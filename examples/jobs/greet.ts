/** For `ergate serve --jobs examples/jobs`: a plain object, which needs no import of ours. */
export const greet = {
  name: "greet",
  maxAttempts: 2,
  run(args: { name?: string } | null, ctx: { log: { info(text: string): void } }) {
    const name = args?.name ?? "world";
    ctx.log.info(`greeting ${name}`);
    return { greeting: `hello, ${name}` };
  },
};
