import type { Routes } from "../app.ts";
import { docsRoutes } from "../docs/index.ts";
import { healthRoutes } from "../health.ts";
import { metricRoutes } from "../metrics/index.ts";
import { openApi } from "../openapi.ts";
import { mount, type Route, route } from "../route.ts";
import { v1Routes } from "../v1/index.ts";
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
import { anyObject } from "./shapes.ts";
import { ticketRoutes } from "./tickets.ts";

/** Our own API, the jobservice's, what watches them, and their description. */
const routes: readonly Route[] = [
  ...[...jobRoutes, ...jobLogRoutes, ...deadRoutes, ...queueRoutes, ...scheduleRoutes],
  ...[...commandRoutes, ...hookRoutes, ...factRoutes, ...eventRoutes, ...ticketRoutes],
  ...busRoutes,
  ...v1Routes,
  ...[...healthRoutes, ...metricRoutes],
];

/** The description describes itself, too. */
const documents: readonly Route[] = ["/api/v1/openapi.json", "/api/v2/openapi.json"].map((path) =>
  route({
    method: "get",
    path,
    right: "read",
    summary: "Get this description",
    answer: anyObject,
    run: async () => described(),
  }),
);

const all = [...routes, ...documents, ...docsRoutes];
let document: object | undefined;

/** Made once, when it is first asked for: it takes some 10 ms. */
function described(): object {
  document ??= openApi(all);
  return document;
}

export const v2: Routes = (app, parts) => mount(app, parts, all);
