import { z } from "zod";
import type { Routes } from "./app.ts";
import { docsRoutes } from "./docs/index.ts";
import { healthRoutes } from "./health.ts";
import { metricRoutes } from "./metrics/index.ts";
import { openApi } from "./openapi.ts";
import { mount, type Route, route } from "./route.ts";
import { v1Routes } from "./v1/index.ts";
import { v2Routes } from "./v2/index.ts";

/** What the OpenAPI document describes: our own API, the jobservice's, what watches them. */
const routes: readonly Route[] = [...v2Routes, ...v1Routes, ...healthRoutes, ...metricRoutes];

/** The description describes itself, too. */
const documents: readonly Route[] = ["/api/v1/openapi.json", "/api/v2/openapi.json"].map((path) =>
  route({
    method: "get",
    path,
    right: "read",
    summary: "Get this description",
    answer: z.looseObject({}),
    run: async () => document(),
  }),
);

const all = [...routes, ...documents, ...docsRoutes];
let made: object | undefined;

/** Made once, when it is first asked for: it takes some 10 ms. */
function document(): object {
  made ??= openApi(all);
  return made;
}

export const described: Routes = (app, parts) => mount(app, parts, all);
