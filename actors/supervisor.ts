import type { Actor, Supervision } from "../lib/kernel/actor.ts";
import type { Message } from "../lib/kernel/message.ts";
import type { Ref } from "../lib/kernel/ref.ts";
import type { System } from "../lib/kernel/system.ts";
import { type BusParts, busActor } from "./bus.ts";
import { type DispatcherParts, dispatcherActor } from "./dispatcher.ts";
import { type FollowerParts, followerActor } from "./follower.ts";
import { type GatewayParts, gatewayActor } from "./gateway.ts";
import { type HooksParts, hooksActor } from "./hooks.ts";
import { type JanitorParts, janitorActor } from "./janitor.ts";
import type { Links } from "./links.ts";
import { type LogSinkParts, logSinkActor } from "./log-sink.ts";
import { type PoolParts, poolActor } from "./pool.ts";
import { type QueueParts, queueActor } from "./queue.ts";
import { type SchedulerParts, schedulerActor } from "./scheduler.ts";
import { statsActor } from "./stats.ts";

/**
 * The tree, in start order; shutdown is the reverse. The queue is the only writer: what stands
 * right of it is rebuilt from the store when it restarts. A sink can't take work down with it.
 * Dispatcher, scheduler and janitor share one view of what is held, so they restart together.
 *
 *     root        rest_for_one
 *     ├─ queue
 *     ├─ sinks    one_for_one    log-sink, commands, stats, bus, hooks
 *     ├─ pool
 *     ├─ work     one_for_all    dispatcher, scheduler, janitor
 *     └─ gateway
 */
export interface TreeParts {
  queue: QueueParts;
  logSink: LogSinkParts;
  pool: PoolParts;
  dispatcher: DispatcherParts;
  commands: FollowerParts;
  hooks: HooksParts;
  bus: BusParts;
  scheduler: SchedulerParts;
  janitor: JanitorParts;
  gateway: GatewayParts;
  links: Links;
  /** Hints that full mailboxes dropped. */
  dropped(): number;
}

const root: Supervision = {
  strategy: "rest_for_one",
  restarts: 3,
  withinMs: 30_000,
  backoffMs: 50,
};
const sinks: Supervision = { strategy: "one_for_one", restarts: 10, withinMs: 30_000 };
const work: Supervision = { strategy: "one_for_all", restarts: 5, withinMs: 30_000, backoffMs: 10 };

export function startTree(system: System, parts: TreeParts): void {
  const { links } = parts;
  const spawnSinks = supervisor(sinks, (spawn) => {
    links.logSink = spawn("log-sink", logSinkActor(parts.logSink));
    links.commands = spawn("commands", followerActor(parts.commands));
    links.stats = spawn("stats", statsActor(parts.dispatcher.clock, parts.dropped));
    links.hooks = spawn("hooks", hooksActor(parts.hooks));
    links.bus = spawn("bus", busActor(parts.bus));
  });
  const spawnWork = supervisor(work, (spawn) => {
    links.dispatcher = spawn("dispatcher", dispatcherActor(parts.dispatcher));
    links.scheduler = spawn("scheduler", schedulerActor(parts.scheduler));
    links.janitor = spawn("janitor", janitorActor(parts.janitor));
  });
  system.spawn(
    "root",
    supervisor(root, (spawn) => {
      links.queue = spawn("queue", queueActor(parts.queue));
      spawn("sinks", spawnSinks);
      links.pool = spawn("pool", poolActor(parts.pool));
      spawn("work", spawnWork);
      links.gateway = spawn("gateway", gatewayActor(parts.gateway));
    }),
  );
}

type Spawn = <M extends Message>(name: string, actor: Actor<M>) => Ref<M>;

/** An actor that only has children. */
function supervisor(children: Supervision, start: (spawn: Spawn) => void): Actor<never> {
  return {
    mailbox: { capacity: 1, overflow: "reject" },
    children,
    setup(ctx) {
      start((name, actor) => ctx.spawn(name, actor));
      return { receive: () => undefined };
    },
  };
}

export function noLinks(): Links {
  return {
    queue: nobody("queue"),
    dispatcher: nobody("dispatcher"),
    scheduler: nobody("scheduler"),
    stats: nobody("stats"),
    logSink: nobody("log-sink"),
    commands: nobody("commands"),
    hooks: nobody("hooks"),
    bus: nobody("bus"),
    pool: nobody("pool"),
    janitor: nobody("janitor"),
    gateway: nobody("gateway"),
  };
}

/** Stands in for an actor that has not started yet: it takes nothing. */
function nobody<M extends Message>(path: string): Ref<M> {
  return { path, tell: () => false };
}
