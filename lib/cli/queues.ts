import type { Duration } from "../base/duration.ts";
import type { QueuesClient } from "../client/client.ts";
import { jobStates } from "../job/state.ts";
import type { QueueRow } from "../protocol/query.ts";
import type { Command } from "./command.ts";
import { withClient } from "./database.ts";
import { type Args, clientOptions, type OptionSpecs } from "./options.ts";
import { type Column, table } from "./table.ts";
import { counted, durationText, timeText } from "./text.ts";

const columns: readonly Column<QueueRow>[] = [
  { head: "QUEUE", cell: (queue) => queue.name },
  { head: "PAUSED", cell: pausedText },
  ...jobStates.map((state) => ({
    head: state.toUpperCase(),
    right: true,
    cell: (queue: QueueRow) => queue.counts[state],
  })),
  { head: "UNROUTABLE", cell: (queue) => queue.unroutable, right: true },
  { head: "LINGERING", cell: (queue) => queue.lingering, right: true },
  { head: "WEIGHT", cell: (queue) => queue.weight, right: true },
  { head: "CONCURRENCY", cell: (queue) => queue.concurrency, right: true },
  { head: "RATE", cell: rateText, right: true },
  { head: "MAX-DEPTH", cell: (queue) => queue.maxDepth, right: true },
];

export const queuesLs: Command = {
  name: "queues ls",
  summary: "list queues with their jobs by state, their limits and pauses",
  options: clientOptions,
  run: (call) =>
    withClient(call, "existing", async (client) => {
      const items = await client.queues.list();
      call.out.answer({ items }, (paint) => table(paint, items, columns, "no queues"));
      return 0;
    }),
};

export const queuesPause = queueCommand({
  verb: "pause",
  summary: "claim nothing of a queue any more, in any process",
  options: { for: { value: "DURATION", help: "go on by itself after that (default: never)" } },
  action(queues, name, args) {
    const duration = args.duration("for") as Duration | undefined;
    const options = duration === undefined ? {} : { for: duration };
    return switched(queues.pause(name, options), name, "paused");
  },
});

export const queuesResume = queueCommand({
  verb: "resume",
  summary: "go on with a paused queue",
  action: (queues, name) => switched(queues.resume(name), name, "resumed"),
});

export const queuesPurge = queueCommand({
  verb: "purge",
  summary: "delete a queue's waiting jobs",
  async action(queues, name) {
    const deleted = await queues.purge(name);
    return { value: { queue: name, deleted }, text: `${counted(deleted, "job")} deleted` };
  },
});

/** One command for one queue. */
interface QueueCommand {
  verb: string;
  summary: string;
  options?: OptionSpecs;
  action(queues: QueuesClient, name: string, args: Args): Promise<Answer>;
}

interface Answer {
  value: object;
  text: string;
}

export function queueCommand({ verb, summary, options, action }: QueueCommand): Command {
  return {
    name: `queues ${verb}`,
    words: "NAME",
    least: 1,
    summary,
    options: { ...clientOptions, ...options },
    run: (call) =>
      withClient(call, "existing", async (client) => {
        const { args, out } = call;
        const { value, text } = await action(client.queues, args.words[0] as string, args);
        out.answer(value, () => text);
        return 0;
      }),
  };
}

export async function switched(
  change: Promise<boolean>,
  queue: string,
  done: string,
): Promise<Answer> {
  const changed = await change;
  return { value: { queue, changed }, text: `${queue} ${changed ? done : `was ${done} already`}` };
}

function pausedText({ pausedAt, pausedUntil }: QueueRow): string | undefined {
  if (pausedAt === undefined) return undefined;
  return pausedUntil === undefined ? "paused" : `until ${timeText(pausedUntil)}`;
}

function rateText({ rate }: QueueRow): string | undefined {
  return rate && `${rate.limit}/${durationText(rate.perMs)}`;
}
