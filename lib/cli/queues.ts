import type { QueuesClient } from "../client/client.ts";
import { jobStates } from "../job/state.ts";
import type { QueueRow } from "../protocol/query.ts";
import type { Command } from "./command.ts";
import { withDatabase } from "./database.ts";
import { storageOptions } from "./options.ts";
import { type Column, table } from "./table.ts";
import { counted } from "./text.ts";

const columns: readonly Column<QueueRow>[] = [
  { head: "QUEUE", cell: (queue) => queue.name },
  { head: "PAUSED", cell: (queue) => (queue.pausedAt === undefined ? "-" : "paused") },
  ...jobStates.map((state) => ({
    head: state.toUpperCase(),
    right: true,
    cell: (queue: QueueRow) => queue.counts[state],
  })),
];

export const queuesLs: Command = {
  name: "queues ls",
  summary: "list queues with their jobs by state",
  options: storageOptions,
  run: (call) =>
    withDatabase(call, "existing", async (runtime) => {
      const items = await runtime.queues.list();
      call.out.answer({ items }, (paint) => table(paint, items, columns, "no queues"));
      return 0;
    }),
};

export const queuesPause = queueCommand(
  "pause",
  "claim nothing of a queue any more, in any process",
  (queues, name) => switched(queues.pause(name), name, "paused"),
);

export const queuesResume = queueCommand("resume", "go on with a paused queue", (queues, name) =>
  switched(queues.resume(name), name, "resumed"),
);

export const queuesPurge = queueCommand(
  "purge",
  "delete a queue's waiting jobs",
  async (queues, name) => {
    const deleted = await queues.purge(name);
    return { value: { queue: name, deleted }, text: `${counted(deleted, "job")} deleted` };
  },
);

interface Answer {
  value: object;
  text: string;
}

function queueCommand(
  verb: string,
  summary: string,
  action: (queues: QueuesClient, name: string) => Promise<Answer>,
): Command {
  return {
    name: `queues ${verb}`,
    words: "NAME",
    least: 1,
    summary,
    options: storageOptions,
    run: (call) =>
      withDatabase(call, "existing", async (runtime) => {
        const { value, text } = await action(runtime.queues, call.args.words[0] as string);
        call.out.answer(value, () => text);
        return 0;
      }),
  };
}

async function switched(change: Promise<boolean>, queue: string, done: string): Promise<Answer> {
  const changed = await change;
  return { value: { queue, changed }, text: `${queue} ${changed ? done : `was ${done} already`}` };
}
