import { z } from "zod";
import { ErgateError } from "../../base/error.ts";
import type { ScheduleOptions } from "../../cron/schedule.ts";
import { type Route, route, wholeNumber } from "../route.ts";
import { anyObject, changed, duration, hookBody, nameParams, pageOf, pageQuery } from "./shapes.ts";

const at = "/api/v2/schedules";
const instant = z.union([z.number(), z.string()]);

const timing = {
  cron: z.string().optional(),
  every: duration.optional(),
  at: instant.optional(),
  zone: z.string().optional(),
  start: instant.optional(),
  end: instant.optional(),
  dialect: z.string().optional(),
};

const specBody = z.strictObject({
  ...timing,
  job: z.string(),
  args: z.unknown().optional(),
  overlap: z.enum(["skip", "queue-one", "queue-all", "cancel-running", "allow"]).optional(),
  missed: z.union([z.string(), z.strictObject({ all: z.number() })]).optional(),
  window: duration.optional(),
  deadline: duration.optional(),
  jitter: duration.optional(),
  hook: hookBody.optional(),
  paused: z.boolean().optional(),
  meta: z.record(z.string(), z.string()).optional(),
});

const list = route({
  method: "get",
  path: at,
  right: "read",
  summary: "List the schedules, by name",
  query: pageQuery,
  answer: pageOf(anyObject),
  run: ({ query }, { client }) => client.schedules.list(query as never),
});

const get = route({
  method: "get",
  path: `${at}/{name}`,
  right: "read",
  summary: "Get a schedule",
  params: nameParams,
  answer: anyObject,
  async run({ params: { name } }, { client }) {
    const schedule = await client.schedules.get(name);
    if (schedule !== undefined) return schedule;
    throw new ErgateError("ERR_ERGATE_SCHEDULE_UNKNOWN", `there is no schedule named "${name}"`);
  },
});

const put = route({
  method: "put",
  path: `${at}/{name}`,
  right: "operate",
  summary: "Make or change a schedule; answers what it was",
  params: nameParams,
  body: specBody,
  answer: z.object({ previous: anyObject.nullable() }),
  run: async ({ params: { name }, body }, { client }) => ({
    previous: (await client.schedules.upsert(name, body as ScheduleOptions)) ?? null,
  }),
});

const remove = route({
  method: "delete",
  path: `${at}/{name}`,
  right: "operate",
  summary: "Remove a schedule; its runs go on, and stay on record",
  params: nameParams,
  answer: changed,
  run: async ({ params: { name } }, { client }) => ({
    changed: await client.schedules.remove(name),
  }),
});

const turns = (["pause", "resume"] as const).map((turn) =>
  route({
    method: "post",
    path: `${at}/{name}/${turn}`,
    right: "operate",
    summary: `${turn === "pause" ? "Pause" : "Resume"} a schedule`,
    params: nameParams,
    answer: changed,
    run: async ({ params: { name } }, { client }) => ({
      changed: await client.schedules[turn](name),
    }),
  }),
);

const create = route({
  method: "post",
  path: `${at}/{name}`,
  right: "operate",
  summary: "Make a schedule, unless there is one of that name that has not ended",
  params: nameParams,
  body: specBody,
  answer: changed,
  run: async ({ params: { name }, body }, { client }) => ({
    changed: await client.schedules.create(name, body as ScheduleOptions),
  }),
});

const end = route({
  method: "post",
  path: `${at}/{name}/end`,
  right: "operate",
  summary: "End a schedule and its runs; it stays on record",
  params: nameParams,
  body: z.strictObject({ reason: z.string().optional() }).optional(),
  answer: changed,
  run: async ({ params: { name }, body }, { client }) => ({
    changed: await client.schedules.end(name, body?.reason),
  }),
});

const trigger = route({
  method: "post",
  path: `${at}/{name}/trigger`,
  right: "operate",
  summary: "Run a schedule now, beside its times",
  params: nameParams,
  body: z.strictObject({ overlap: specBody.shape.overlap }).optional(),
  answer: anyObject,
  status: 201,
  refuses: [409],
  run: ({ params: { name }, body }, { client }) =>
    client.schedules.trigger(name, (body ?? {}) as never),
});

const runs = route({
  method: "get",
  path: `${at}/{name}/runs`,
  right: "read",
  summary: "List a schedule's runs, skipped ones too, newest first",
  params: nameParams,
  query: pageQuery,
  answer: pageOf(anyObject),
  run: ({ params: { name }, query }, { client }) => client.schedules.runs(name, query as never),
});

const allRuns = route({
  method: "get",
  path: "/api/v2/runs",
  right: "read",
  summary: "List the runs of all schedules and commands, newest first",
  query: pageQuery,
  answer: pageOf(anyObject),
  run: ({ query }, { client }) => client.schedules.runs(undefined, query as never),
});

const preview = route({
  method: "post",
  path: `${at}/preview`,
  right: "read",
  summary: "Show the next times of a schedule",
  body: z.strictObject({
    ...timing,
    from: z.number().optional(),
    count: wholeNumber(1, 1_000).optional(),
  }),
  answer: z.object({ times: z.array(z.iso.datetime()) }),
  async run({ body: { from, count, ...spec } }, { client }) {
    const options = {
      ...(from === undefined ? {} : { from }),
      ...(count === undefined ? {} : { count }),
    };
    return { times: client.schedules.preview(spec as never, options) };
  },
});

export const scheduleRoutes: readonly Route[] = [
  ...[list, preview, get, put, create, remove, ...turns, end, trigger, runs, allRuns],
];
