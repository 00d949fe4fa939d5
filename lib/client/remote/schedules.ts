import type { ScheduleOptions } from "../../cron/schedule.ts";
import { parseSchedule } from "../../cron/schedule.ts";
import { hostZone } from "../../cron/zone.ts";
import { Fields } from "../../job/fields.ts";
import { overlaps } from "../../job/schedule-policy.ts";
import { scheduleGiven } from "../given.ts";
import { pageGiven } from "../paging.ts";
import { type SchedulesClient, timesOf } from "../schedules.ts";
import { specGiven } from "../stored-schedule.ts";
import { orAbsent } from "./answer.ts";
import { type Connection, segment } from "./connection.ts";

type Changed = { changed: boolean };

/** Times that `preview` shows are reckoned here: by this machine's clock, zone and rules. */
export function remoteSchedules(server: Connection): SchedulesClient {
  const at = (name: string) => `/schedules/${segment(scheduleGiven(name), "name")}`;
  return {
    upsert: (name, spec) => upsert(server, name, spec),
    get: async (name) => orAbsent(server.call("GET", at(name)), undefined),
    list: async (options = {}) => server.call("GET", "/schedules", { query: pageGiven(options) }),
    pause: async (name) => (await server.call<Changed>("POST", `${at(name)}/pause`)).changed,
    resume: async (name) => (await server.call<Changed>("POST", `${at(name)}/resume`)).changed,
    remove: async (name) => (await server.call<Changed>("DELETE", at(name))).changed,
    async create(name, spec) {
      const body = bodyOf(name, spec);
      return (await server.call<Changed>("POST", at(name), { body })).changed;
    },
    async end(name, reason) {
      const body = { reason };
      return (await server.call<Changed>("POST", `${at(name)}/end`, { body })).changed;
    },
    async trigger(name, options = {}) {
      const overlap = new Fields(options, "options", ["overlap"]).oneOf("overlap", overlaps);
      return server.call("POST", `${at(name)}/trigger`, { body: { overlap } });
    },
    async runs(name, options = {}) {
      const path = name === undefined ? "/runs" : `${at(name)}/runs`;
      return server.call("GET", path, { query: pageGiven(options) });
    },
    preview: (spec, options = {}) => timesOf(server, spec, options),
  };
}

async function upsert(
  server: Connection,
  name: string,
  spec: ScheduleOptions,
): Promise<ScheduleOptions | undefined> {
  const body = bodyOf(name, spec);
  const path = `/schedules/${segment(name, "name")}`;
  const answer = server.call<{ previous: ScheduleOptions | null }>("PUT", path, { body });
  return (await answer).previous ?? undefined;
}

/** Checked here, too: its path tells of what the caller gave. */
function bodyOf(name: string, spec: ScheduleOptions): object {
  const given = specGiven(spec);
  const { job } = parseSchedule(name, given, "spec", hostZone());
  return { ...given, job };
}
