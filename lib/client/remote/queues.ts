import { limits } from "../../base/limits.ts";
import { Fields } from "../../job/fields.ts";
import { checkQueueName } from "../../job/name.ts";
import { parseQueueOptions } from "../../job/queue.ts";
import type { QueueRow } from "../../protocol/query.ts";
import type { QueuesClient } from "../client.ts";
import { type Connection, segment } from "./connection.ts";
import { remoteDrain } from "./wait.ts";

type Changed = { changed: boolean };

export function remoteQueues(server: Connection): QueuesClient {
  const at = (queue: string) => `/queues/${segment(checkQueueName(queue, "queue"), "queue")}`;
  return {
    list: () => server.whole<QueueRow>("/queues"),
    async pause(queue, options = {}) {
      new Fields(options, "options", ["for"]).durationMs("for");
      return (await server.call<Changed>("POST", `${at(queue)}/pause`, { body: options })).changed;
    },
    resume: async (queue) => (await server.call<Changed>("POST", `${at(queue)}/resume`)).changed,
    async purge(queue) {
      const extraMs = limits.clientBulkMs;
      return (await server.call<{ count: number }>("POST", `${at(queue)}/purge`, { extraMs }))
        .count;
    },
    async configure(queue, options) {
      parseQueueOptions(options, "options");
      return (await server.call<Changed>("PATCH", at(queue), { body: options })).changed;
    },
    async drain(queue, options = {}) {
      if (queue !== undefined) checkQueueName(queue, "queue");
      return remoteDrain(server, queue, options);
    },
  };
}
