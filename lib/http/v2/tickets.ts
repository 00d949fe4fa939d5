import { z } from "zod";
import { type Route, route } from "../route.ts";

/** Also under the jobservice's prefix, as its clients look for everything there. */
export const ticketRoutes: readonly Route[] = ["/api/v2/tickets", "/api/v1/tickets"].map((path) =>
  route({
    method: "post",
    path,
    right: "read",
    summary: "Make a ticket: ?ticket= in place of a secret, once and within 30 s, with its rights",
    answer: z.object({ ticket: z.string(), expiresAt: z.number() }),
    status: 201,
    run: async ({ rights }, { tickets }) => tickets.issue(rights),
  }),
);
