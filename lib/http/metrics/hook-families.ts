import { type Family, single } from "./family.ts";

/** Events of status hooks: what came of those that this process sent, and what the file holds. */
export const hookFamilies: readonly Family[] = [
  {
    name: "ergate_hook_attempts_total",
    help: "POSTs of status hooks, by what came of them.",
    type: "counter",
    values: ({ hooks: { delivered, failed, dead } }) => [
      { value: delivered, labels: { outcome: "delivered" } },
      { value: failed, labels: { outcome: "failed" } },
      { value: dead, labels: { outcome: "dead" } },
    ],
  },
  single(
    {
      name: "ergate_hook_buried_total",
      help: "Events of status hooks whose address was switched off when it was their turn.",
      type: "counter",
    },
    ({ hooks }) => hooks.buried,
  ),
  single(
    {
      name: "ergate_hook_backlog_events",
      help: "Events of status hooks that wait to be told.",
      type: "gauge",
    },
    ({ hooks }) => hooks.waiting,
  ),
  single(
    {
      name: "ergate_hook_backlog_age_seconds",
      help: "For how long the oldest event of a status hook has waited.",
      type: "gauge",
    },
    ({ hooks }) => hooks.backlogMs / 1_000,
  ),
  single(
    {
      name: "ergate_hook_dead_events",
      help: "Dead events of status hooks that can be sent again.",
      type: "gauge",
    },
    ({ hooks }) => hooks.kept,
  ),
  {
    name: "ergate_hook_overflow_total",
    help: "Events that found no room to wait, dead ones that gave way: over the file's life.",
    type: "counter",
    values: ({ hooks: { refused, dropped } }) => [
      { value: refused, labels: { fate: "refused" } },
      { value: dropped, labels: { fate: "dropped" } },
    ],
  },
];
