import type { QueueSettings } from "../../job/queue.ts";
import type { QueueState } from "../queue-state.ts";
import { optional, optionalText } from "./rows.ts";
import type { Row, Value } from "./session.ts";

/** A queue's row as the writer and the reader know it. */
export function stateOfQueue(row: Row): QueueState {
  const credit = optional(row.credit);
  return {
    name: String(row.name),
    settings: settingsOf(row),
    bucket: credit === undefined ? undefined : { credit, at: Number(row.credit_at) },
    pausedAt: optional(row.paused_at),
    pausedUntil: optional(row.paused_until),
    declared: optionalText(row.declared),
  };
}

function settingsOf(row: Row): QueueSettings {
  const limit = optional(row.rate_limit);
  return {
    weight: Number(row.weight),
    concurrency: optional(row.concurrency),
    rate: limit === undefined ? undefined : { limit, perMs: Number(row.rate_per_ms) },
    maxDepth: optional(row.max_depth),
  };
}

/** Its values in the order of `saveQueue`'s columns. */
export function queueValues({ name, settings, bucket, ...queue }: QueueState): Value[] {
  const { weight, concurrency, rate, maxDepth } = settings;
  return [
    ...[name, weight, concurrency ?? null, rate?.limit ?? null, rate?.perMs ?? null],
    ...[bucket?.credit ?? null, bucket?.at ?? null, maxDepth ?? null],
    ...[queue.pausedAt ?? null, queue.pausedUntil ?? null, queue.declared ?? null],
  ];
}
