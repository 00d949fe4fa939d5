import type { Duration } from "../base/duration.ts";
import { limits } from "../base/limits.ts";
import type { QueueOptions } from "../job/queue.ts";
import type { Args } from "./options.ts";
import { queueCommand, switched } from "./queues.ts";

export const queuesConfigure = queueCommand({
  verb: "configure",
  summary: "set a queue's weight and limits, for all processes, at once",
  options: {
    weight: { value: "N", help: "its share against other queues', from 1" },
    concurrency: { value: "N|none", help: "runs at once, over all processes" },
    rate: { value: "N/TIME|none", help: "starts in a time, such as 10/1s or 500/1h" },
    "max-depth": { value: "N|none", help: "jobs that may wait in it; past it enqueue is refused" },
  },
  action(queues, name, args) {
    const options = settingsOf(args);
    if (Object.keys(options).length === 0) {
      throw args.wrong(
        "queues configure needs one of --weight, --concurrency, --rate, --max-depth",
      );
    }
    return switched(queues.configure(name, options), name, "configured");
  },
});

function settingsOf(args: Args): QueueOptions {
  const options: QueueOptions = {};
  const weight = args.integer("weight", 1, limits.queueWeightMax);
  if (weight !== undefined) options.weight = weight;
  const concurrency = orNone(args, "concurrency", limits.concurrencyMax);
  if (concurrency !== undefined) options.concurrency = concurrency;
  const maxDepth = orNone(args, "max-depth", limits.queueDepthMax);
  if (maxDepth !== undefined) options.maxDepth = maxDepth;
  const rate = rateOf(args);
  if (rate !== undefined) options.rate = rate;
  return options;
}

function orNone(args: Args, name: string, most: number): number | null | undefined {
  return args.text(name) === "none" ? null : args.integer(name, 1, most);
}

/** The time itself is checked with all other options of a queue. */
function rateOf(args: Args): QueueOptions["rate"] | undefined {
  const text = args.text("rate");
  if (text === undefined) return undefined;
  if (text === "none") return null;
  const match = /^(\d+)\/(\d*)([a-z]+)$/.exec(text);
  if (match === null) throw args.wrong("--rate must be N/TIME, such as 10/1s, or none");
  const [, limit, count, unit] = match;
  return { limit: Number(limit), per: `${count === "" ? "1" : count}${unit}` as Duration };
}
