import type { Command } from "./command.ts";

export const bench: Command = {
  name: "bench",
  words: "[NAME…]",
  summary: "measure this machine; options as of `npm run bench`",
  options: {},
  raw: (argv, hooks) => hooks.bench(argv),
  run: async () => 0,
};
