import type { Duration } from "../base/duration.ts";
import type { StandardSchema } from "../job/schema.ts";

/**
 * What messages carry, by their event: these four the runtime itself acts on. An app adds its own:
 * `declare module "ergate" { interface BusEvents { paid: { order: number } } }`.
 */
export interface BusEvents {
  /** Makes the schedule or changes it, as `runtime.schedules.upsert` does. */
  schedule: { name: string; spec: object };
  unschedule: { name: string };
  fire_command: { job: string; command: "stop" | "cancel" | "retry" };
  /** Has the job's moves told to a URL. */
  register_hook: { job: string; hook: string | object };
}

/** What a callback is told beside the data. */
export interface Message {
  readonly event: string;
  /** The same each time it is delivered. */
  readonly id: string;
  /** Rises with every message of the namespace. */
  readonly revision: number;
  /** When it was published, in ms since the epoch. */
  readonly at: number;
  /** 1 at the first call for it. */
  readonly attempt: number;
  /** Aborts when the call takes too long, the runtime stops, or another process takes over. */
  readonly signal: AbortSignal;
}

/**
 * Takes a message: it is done when this returns, or its promise resolves. A throw is tried again
 * after a wait; `discard(reason)`, returned or thrown, makes it a dead letter at once.
 */
export type BusCallback<Data> = (data: Data, message: Message) => unknown;

export interface SubscribeOptions<Data> {
  /**
   * Any Standard Schema: the callback gets what it makes of the data. What it refuses is a dead
   * letter.
   */
  schema?: StandardSchema<unknown, Data>;
  run: BusCallback<Data>;
  /**
   * Makes it durable: the file keeps its position, so that it misses nothing while every process of
   * that name is away. Of several with one name one is called, and another takes over when its
   * process ends. Default: this process alone, from now on.
   */
  name?: string;
  /** Calls for one message before it is a dead letter: 1 to 1 000, default 5. */
  attempts?: number;
  /** Of one call; default 5 minutes. The next call does not wait for one that ignores its end. */
  timeout?: Duration;
  /** Unsubscribes when it fires. */
  signal?: AbortSignal;
}

export interface Subscription extends AsyncDisposable {
  readonly event: string;
  readonly name: string | undefined;
  /**
   * No call begins any more in this process; one under way goes on. A durable one stays in the
   * file, and messages wait for the next process of its name; with `forget` it is gone for all.
   */
  unsubscribe(options?: { forget?: boolean }): Promise<void>;
}
