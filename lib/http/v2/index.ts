import type { Routes } from "../app.ts";
import { healthRoutes } from "../health.ts";
import { metricRoutes } from "../metrics/index.ts";
import { openApi } from "../openapi.ts";
import { mount, type Route } from "../route.ts";
import { commandRoutes } from "./commands.ts";
import { deadRoutes } from "./dead.ts";
import { eventRoutes } from "./events.ts";
import { factRoutes } from "./facts.ts";
import { jobLogRoutes } from "./job-log.ts";
import { jobRoutes } from "./jobs.ts";
import { queueRoutes } from "./queues.ts";
import { scheduleRoutes } from "./schedules.ts";
import { ticketRoutes } from "./tickets.ts";

/** Our own API, what watches it, and their description. */
const routes: readonly Route[] = [
  ...[...jobRoutes, ...jobLogRoutes, ...deadRoutes, ...queueRoutes, ...scheduleRoutes],
  ...[...commandRoutes, ...factRoutes, ...eventRoutes, ...ticketRoutes],
  ...[...healthRoutes, ...metricRoutes],
];

export const v2: Routes = (app, parts) => {
  mount(app, parts, routes);
  const document = openApi(routes);
  for (const path of ["/api/v1/openapi.json", "/api/v2/openapi.json"]) {
    app.get(path, (c) => c.json(document));
  }
};
