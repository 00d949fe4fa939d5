import { z } from "zod";
import { type Route, route } from "./route.ts";

/** What asks whether the process is to be kept, and whether it is to be given work. */

const healthz = route({
  method: "get",
  path: "/healthz",
  right: "read",
  summary: "Say that the process answers",
  answer: z.object({ status: z.literal("ok") }),
  run: async () => ({ status: "ok" }),
});

const readyz = route({
  method: "get",
  path: "/readyz",
  right: "read",
  summary: "Say whether the runtime can take and run jobs; 503 with the reasons where not",
  answer: z.object({ ready: z.boolean(), problems: z.array(z.string()) }),
  async run(_, { inside }) {
    const readiness = inside.readiness();
    return readiness.ready ? readiness : Response.json(readiness, { status: 503 });
  },
});

export const healthRoutes: readonly Route[] = [healthz, readyz];
