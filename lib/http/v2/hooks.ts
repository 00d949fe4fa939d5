import { z } from "zod";
import type { ResendChoice } from "../../client/hooks.ts";
import type { HookOptions } from "../../job/hook.ts";
import { type Route, route } from "../route.ts";
import { anyObject, changed, countShape, hookBody, idParams, pageOf, pageQuery } from "./shapes.ts";

const at = "/api/v2/hooks";
const urlBody = z.strictObject({ url: z.string() });

const list = route({
  method: "get",
  path: at,
  right: "read",
  summary: "List the events of status hooks that wait or were given up, newest first",
  query: pageQuery.extend({
    state: z.enum(["waiting", "dead"]).optional(),
    job: z.string().optional(),
    url: z.string().optional(),
  }),
  answer: pageOf(anyObject),
  run: ({ query }, { client }) => client.hooks.list(query as never),
});

const disabled = route({
  method: "get",
  path: `${at}/disabled`,
  right: "read",
  summary: "List the addresses that are switched off, and why",
  answer: z.object({ items: z.array(anyObject) }),
  run: async (_, { client }) => ({ items: await client.hooks.disabled() }),
});

const resend = route({
  method: "post",
  path: `${at}/resend`,
  right: "operate",
  summary: "Send dead events again: one by its id, or all of an address or of a job",
  body: z.union([z.strictObject({ id: z.string() }), urlBody, z.strictObject({ job: z.string() })]),
  answer: countShape,
  run: async ({ body }, { client }) => {
    const which: ResendChoice = "id" in body ? body.id : body;
    return { count: await client.hooks.resend(which) };
  },
});

const switches = (["disable", "enable"] as const).map((action) =>
  route({
    method: "post",
    path: `${at}/${action}`,
    right: "operate",
    summary: action === "disable" ? "Switch an address off" : "Switch an address on",
    body: urlBody,
    answer: changed,
    run: async ({ body: { url } }, { client }) => ({ changed: await client.hooks[action](url) }),
  }),
);

const register = route({
  method: "put",
  path: "/api/v2/jobs/{id}/hook",
  right: "operate",
  summary: "Set the status hook of a job that is not final",
  params: idParams,
  body: z.strictObject({ hook: hookBody }),
  answer: "nothing",
  run: ({ params: { id }, body: { hook } }, { client }) =>
    client.hooks.register(id, hook as string | HookOptions),
});

export const hookRoutes: readonly Route[] = [list, disabled, resend, ...switches, register];
