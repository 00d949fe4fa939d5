export type { Duration } from "../lib/base/duration.ts";
export { ErgateError, type ErrorCode } from "../lib/base/error.ts";
export type { Json } from "../lib/base/json.ts";
export type {
  BusCallback,
  BusEvents,
  Message,
  SubscribeOptions,
  Subscription,
} from "../lib/bus/message.ts";
export type { BusClient, Published } from "../lib/client/bus.ts";
export type { BusStats, SubscriptionStats } from "../lib/client/bus-stats.ts";
export type {
  Client,
  EnqueueRequest,
  EventOptions,
  GroupOptions,
  JobsClient,
  PageOptions,
  QueuesClient,
  ResultOptions,
  Runtime,
  StatsView,
  TakenKey,
} from "../lib/client/client.ts";
export type { CommandsClient, KillOptions, StoredCommandView } from "../lib/client/commands.ts";
export type { DeadLetter, DeadLetters } from "../lib/client/dead-letters.ts";
export type { DrainReport } from "../lib/client/drain-report.ts";
export type {
  HookDelivery,
  HookListOptions,
  HooksClient,
  ResendChoice,
} from "../lib/client/hooks.ts";
export type { KillAnswer } from "../lib/client/kill.ts";
export type { Lock, LocksClient } from "../lib/client/locks.ts";
export type {
  FollowedLine,
  FollowOptions,
  LogOptions as LogReadOptions,
  LogSearchOptions,
  LogsClient,
} from "../lib/client/logs.ts";
export type {
  DeclaredCommandOptions,
  Logger,
  LogOptions,
  RetentionOptions,
  RuntimeOptions,
  StorageOptions,
  ThreadOptions,
} from "../lib/client/options.ts";
export type { Readiness } from "../lib/client/readiness.ts";
export type {
  SchedulesClient,
  TriggerOptions,
} from "../lib/client/schedules.ts";
export type { StoredSchedule } from "../lib/client/stored-schedule.ts";
export type { Why, WhyFacts } from "../lib/client/why.ts";
export type { Slot, Worker } from "../lib/client/workers.ts";
export type { PreviewOptions } from "../lib/cron/preview.ts";
export type { MissedOption, ScheduleOptions } from "../lib/cron/schedule.ts";
export type { TimingOptions } from "../lib/cron/timing-options.ts";
export type { HooksOptions } from "../lib/hook/options.ts";
export type { Backoff, BackoffPolicy } from "../lib/job/backoff-policy.ts";
export type { CommandOptions } from "../lib/job/command.ts";
export type { ResourceLimits } from "../lib/job/command-limits.ts";
export type { EnqueueOptions, JobContext, JobLog, LogLevel } from "../lib/job/context.ts";
export type { DeadJob, OnDead } from "../lib/job/dead.ts";
export { defineJob, type JobDefinition, type JobOptions } from "../lib/job/definition.ts";
export { cancelJob, discard, retryAfter, snooze } from "../lib/job/directive.ts";
export type { HookEvent, HookOptions } from "../lib/job/hook.ts";
export type {
  ErrorGroup,
  Execution,
  Job,
  JobError,
  JobFilter,
  Page,
  Receipt,
} from "../lib/job/job.ts";
export type { Lease, LockOptions } from "../lib/job/lock.ts";
export type { Middleware, MiddlewareJob } from "../lib/job/middleware.ts";
export type { PlannedRun, Run, RunOutcome, RunTrigger } from "../lib/job/run.ts";
export type { Overlap, SkipReason } from "../lib/job/schedule-policy.ts";
export type { JobState } from "../lib/job/state.ts";
export type { StoredCommandOptions } from "../lib/job/stored-command.ts";
export type { UniqueOptions } from "../lib/job/unique.ts";
export type { LogLine } from "../lib/log/line.ts";
export type { FoundLine } from "../lib/log/search.ts";
export type { EventType, JobEvent } from "../lib/protocol/event.ts";
export type { QueueRow, StoreHealth } from "../lib/protocol/query.ts";
export { createRuntime } from "./runtime.ts";
