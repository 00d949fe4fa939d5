import { limits } from "../base/limits.ts";
import type { EnqueueOptions } from "../job/context.ts";
import type { Command } from "./command.ts";
import { withClient } from "./database.ts";
import { type Args, clientOptions } from "./options.ts";
import { payloadOf } from "./payload.ts";
import { uniqueOf, uniqueOptions } from "./unique.ts";

export const enqueue: Command = {
  name: "enqueue",
  words: "NAME [JSON|-]",
  least: 1,
  most: 2,
  summary: "add a job; `-` reads its arguments from stdin",
  details: ["Prints the receipt once the job is on disk; with --wait the result once it is done."],
  options: {
    ...clientOptions,
    id: { value: "ID", help: "the job's own id: the same one again is no second job" },
    delay: { value: "TIME", help: "run it so much later, such as 90s or 5m" },
    priority: { value: "N", help: "higher first within its queue" },
    queue: { value: "NAME", help: "another queue than the job's own" },
    "max-attempts": { value: "N", help: "attempts before it is dead" },
    timeout: { value: "TIME", help: "of one run" },
    tag: { value: "TAG", many: true, help: "to find it again" },
    hook: { value: "URL", help: "POST there whenever it moves" },
    ...uniqueOptions,
    wait: { help: "wait for the job and print its result" },
    "allow-unknown": { help: "take a name that no process has registered yet" },
  },
  async run(call) {
    const { args, out } = call;
    const options = optionsOf(args);
    const payload = await payloadOf(call, args.words[1]);
    return withClient(call, "created", async (client) => {
      const receipt = await client.enqueue(args.words[0] as string, payload, options);
      const { id, disposition, state, durability } = receipt;
      const line = `${disposition} ${id} (${state}, ${durability})`;
      if (!args.flag("wait")) {
        out.answer(receipt, () => line);
        return 0;
      }
      if (!out.json) out.note(line);
      const result = await client.result(id);
      out.answer(
        { ...receipt, state: "completed", result },
        () => JSON.stringify(result) ?? "null",
      );
      return 0;
    });
  },
};

function optionsOf(args: Args): EnqueueOptions {
  const options: EnqueueOptions = {};
  const set = <K extends keyof EnqueueOptions>(key: K, value: EnqueueOptions[K] | undefined) => {
    if (value !== undefined) options[key] = value;
  };
  set("id", args.text("id"));
  set("delay", args.duration("delay"));
  set("priority", args.integer("priority", -limits.priorityMax, limits.priorityMax));
  set("queue", args.text("queue"));
  set("maxAttempts", args.integer("max-attempts", 1, limits.maxAttemptsMax));
  set("timeout", args.duration("timeout"));
  const tags = args.texts("tag");
  if (tags.length > 0) set("tags", tags);
  set("hook", args.text("hook"));
  set("unique", uniqueOf(args));
  if (args.flag("allow-unknown")) set("allowUnknown", true);
  return options;
}
