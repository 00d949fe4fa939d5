import { ErgateError, messageOf } from "../base/error.ts";
import type { BusCallback, BusEvents } from "../bus/message.ts";
import { parseSubscribe, type SubscribeCall } from "../bus/options.ts";
import type { ScheduleOptions } from "../cron/schedule.ts";
import { discard } from "../job/directive.ts";
import { Fields, optionError } from "../job/fields.ts";
import type { StandardSchema } from "../job/schema.ts";
import type { JobsClient } from "./client.ts";
import type { SchedulesClient } from "./schedules.ts";

/** What the runtime's own callbacks act on. */
export interface BusDeeds {
  schedules: Pick<SchedulesClient, "upsert" | "remove">;
  jobs: Pick<JobsClient, "stop" | "cancel" | "retry">;
  registerHook(job: string, hook: string | object): Promise<unknown>;
}

/** Its durable name: of all processes on the file one acts on each message. */
const ownName = "ergate";

/** The subscriptions that each runtime begins with: Harbor's four events. */
export function ownSubscriptions(deeds: () => BusDeeds): SubscribeCall[] {
  return [
    own("schedule", scheduled, ({ name, spec }) =>
      deeds().schedules.upsert(name, spec as ScheduleOptions),
    ),
    own("unschedule", unscheduled, ({ name }) => deeds().schedules.remove(name)),
    own("fire_command", fired, ({ job, command }) => deeds().jobs[command](job)),
    own("register_hook", hooked, ({ job, hook }) => deeds().registerHook(job, hook)),
  ];
}

function own<Event extends keyof BusEvents>(
  event: Event,
  read: (fields: unknown) => BusEvents[Event],
  act: (data: BusEvents[Event]) => unknown,
): SubscribeCall {
  const run: BusCallback<BusEvents[Event]> = async (data) => {
    try {
      await act(data);
    } catch (error) {
      // No later try can mend a bad spec or an unknown job; a store that refuses may recover.
      throw isForGood(error) ? discard(messageOf(error)) : error;
    }
  };
  return parseSubscribe(event, { name: ownName, schema: schemaOf(read), run });
}

function isForGood(error: unknown): boolean {
  if (!(error instanceof ErgateError) || error.retryable) return false;
  return !/^ERR_ERGATE_(STORE_|STOPPED|ACTOR_)/.test(error.code);
}

function scheduled(value: unknown): BusEvents["schedule"] {
  const fields = new Fields(value, "", ["name", "spec"]);
  const spec = fields.raw("spec");
  if (typeof spec !== "object" || spec === null) throw optionError("spec", "must be an object");
  return { name: needed(fields, "name"), spec };
}

function unscheduled(value: unknown): BusEvents["unschedule"] {
  return { name: needed(new Fields(value, "", ["name"]), "name") };
}

function fired(value: unknown): BusEvents["fire_command"] {
  const fields = new Fields(value, "", ["job", "command"]);
  const command = fields.oneOf("command", ["stop", "cancel", "retry"]);
  if (command === undefined) throw optionError("command", "is missing");
  return { job: needed(fields, "job"), command };
}

function hooked(value: unknown): BusEvents["register_hook"] {
  const fields = new Fields(value, "", ["job", "hook"]);
  const hook = fields.raw("hook");
  if (typeof hook !== "string" && (typeof hook !== "object" || hook === null)) {
    throw optionError("hook", "must be a URL or an object");
  }
  return { job: needed(fields, "job"), hook };
}

function needed(fields: Fields, key: string): string {
  const text = fields.string(key);
  if (text === undefined || text === "") throw optionError(key, "is missing");
  return text;
}

function schemaOf<Data>(read: (value: unknown) => Data): StandardSchema<unknown, Data> {
  const validate = (value: unknown) => {
    try {
      return { value: read(value) };
    } catch (error) {
      if (!(error instanceof ErgateError)) throw error;
      return { issues: [{ message: error.message, path: error.path?.split(".") ?? [] }] };
    }
  };
  return { "~standard": { version: 1, vendor: "ergate", validate } };
}
