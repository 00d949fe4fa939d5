/** The client over HTTP: `ergate/client`. */

export type { Duration } from "../base/duration.ts";
export { ErgateError, type ErrorCode } from "../base/error.ts";
export type { Json } from "../base/json.ts";
export type { EnqueueOptions } from "../job/context.ts";
export type { JobDefinition } from "../job/definition.ts";
export type { Job, JobFilter, Page, Receipt } from "../job/job.ts";
export type { JobEvent } from "../protocol/event.ts";
export type {
  Client,
  EnqueueRequest,
  EventOptions,
  JobsClient,
  QueuesClient,
  ResultOptions,
  StatsView,
} from "./client.ts";
export { createClient } from "./remote/client.ts";
export type { ClientOptions } from "./remote/connection.ts";
