import type { Route } from "../route.ts";
import { busRoutes } from "./bus.ts";
import { commandRoutes } from "./commands.ts";
import { deadRoutes } from "./dead.ts";
import { eventRoutes } from "./events.ts";
import { factRoutes } from "./facts.ts";
import { hookRoutes } from "./hooks.ts";
import { jobLogRoutes } from "./job-log.ts";
import { jobRoutes } from "./jobs.ts";
import { queueRoutes } from "./queues.ts";
import { scheduleRoutes } from "./schedules.ts";
import { ticketRoutes } from "./tickets.ts";

/** Our own API. */
export const v2Routes: readonly Route[] = [
  ...[...jobRoutes, ...jobLogRoutes, ...deadRoutes, ...queueRoutes, ...scheduleRoutes],
  ...[...commandRoutes, ...hookRoutes, ...busRoutes, ...factRoutes, ...eventRoutes],
  ...ticketRoutes,
];
