import type { Hub } from "../lib/client/hub.ts";
import type { Logger } from "../lib/client/options.ts";
import type { Ref } from "../lib/kernel/ref.ts";
import type { RunFigures } from "../lib/metric/run-stats.ts";
import type { StatsSnapshot } from "../lib/metric/snapshot.ts";
import type { BusMessage } from "../lib/protocol/bus.ts";
import type { DispatcherMessage } from "../lib/protocol/dispatcher.ts";
import type { FollowerMessage } from "../lib/protocol/follower.ts";
import type { GatewayMessage } from "../lib/protocol/gateway.ts";
import type { HookSenderMessage } from "../lib/protocol/hook-sender.ts";
import type { JanitorMessage } from "../lib/protocol/janitor.ts";
import type { LogSinkMessage } from "../lib/protocol/log.ts";
import type { PoolMessage } from "../lib/protocol/pool.ts";
import type { QueueMessage } from "../lib/protocol/queue.ts";
import type { SchedulerMessage } from "../lib/protocol/scheduler.ts";
import type { StatsMessage } from "../lib/protocol/stats.ts";

/**
 * The addresses of the living actors, written by the supervisor as it starts them. An actor reads
 * them when it tells, never keeps them: a supervisor that restarted has other ones.
 */
export interface Links {
  queue: Ref<QueueMessage>;
  dispatcher: Ref<DispatcherMessage>;
  scheduler: Ref<SchedulerMessage>;
  stats: Ref<StatsMessage<StatsSnapshot, RunFigures>>;
  logSink: Ref<LogSinkMessage>;
  commands: Ref<FollowerMessage>;
  hooks: Ref<HookSenderMessage>;
  bus: Ref<BusMessage>;
  pool: Ref<PoolMessage>;
  janitor: Ref<JanitorMessage>;
  gateway: Ref<GatewayMessage>;
}

/** What every actor gets beside its own parts. */
export interface Surroundings {
  readonly links: Links;
  readonly hub: Hub;
  readonly logger: Logger;
}
