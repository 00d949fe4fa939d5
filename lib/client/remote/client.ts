import { ErgateError } from "../../base/error.ts";
import type { Client, EnqueueRequest } from "../client.ts";
import { idGiven, waitGiven } from "../given.ts";
import type { Worker } from "../workers.ts";
import { remoteBus } from "./bus.ts";
import { remoteCommands } from "./commands.ts";
import { type ClientOptions, Connection, segment } from "./connection.ts";
import { remoteEnqueue, remoteEnqueueMany } from "./enqueue.ts";
import { remoteEvents } from "./events.ts";
import { remoteHooks } from "./hooks.ts";
import { remoteJobs } from "./jobs.ts";
import { remoteLocks } from "./locks.ts";
import { remoteLogs } from "./logs.ts";
import { remoteQueues } from "./queues.ts";
import { remoteSchedules } from "./schedules.ts";
import { remoteResult } from "./wait.ts";

/**
 * What a runtime can do, done by one that serves HTTP elsewhere. Errors are the server's own, with
 * code, path and id; and ERR_ERGATE_HTTP_UNREACHABLE, after which nobody knows whether a write was
 * done: an enqueue with an `id` may be sent again. `backup`, `bus.subscribe` and `locks.acquire`
 * reject with ERR_ERGATE_REMOTE. Holds nothing open but what follows events and logs.
 * Throws ERR_ERGATE_OPTION or ERR_ERGATE_DURATION with the path of a bad option.
 */
export function createClient(options: ClientOptions): Client {
  const server = new Connection(options);
  const client: Client = {
    jobs: remoteJobs(server),
    queues: remoteQueues(server),
    schedules: remoteSchedules(server),
    locks: remoteLocks(server),
    logs: remoteLogs(server),
    commands: remoteCommands(server),
    hooks: remoteHooks(server),
    bus: remoteBus(server),
    workers: { list: () => server.whole<Worker>("/workers") },
    why: async (id) => server.call("GET", `/jobs/${segment(idGiven(id), "id")}/why`),
    enqueue: (job, args, enqueueOptions) => remoteEnqueue(server, job, args, enqueueOptions),
    enqueueMany: (requests: readonly EnqueueRequest[]) => remoteEnqueueMany(server, requests),
    async enqueueAndWait(job, args, waitOptions = {}) {
      const { timeout, ...enqueueOptions } = waitOptions;
      const { signal } = enqueueOptions;
      // Before the job is there: a wait that is refused must leave none behind.
      const wait = waitGiven({
        ...(timeout === undefined ? {} : { timeout }),
        ...(signal === undefined ? {} : { signal }),
      });
      const { id } = await remoteEnqueue(server, job, args, enqueueOptions);
      return client.result(id, wait);
    },
    result: (id, waitOptions = {}) => remoteResult(server, id, waitOptions),
    events: (eventOptions) => remoteEvents(server, eventOptions),
    stats: () => server.call("GET", "/stats"),
    health: () => server.call("GET", "/health"),
    backup: async () => {
      const message = "a backup is a file of the server's machine: make it there";
      throw new ErgateError("ERR_ERGATE_REMOTE", message);
    },
  };
  return client;
}
