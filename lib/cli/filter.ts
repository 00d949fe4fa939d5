import type { JobFilter } from "../job/job.ts";
import { jobStates } from "../job/state.ts";
import type { Args, OptionSpecs } from "./options.ts";

/** The options that choose jobs. */
export const filterOptions = {
  state: { value: "STATE", many: true, help: `one or more of ${jobStates.join(", ")}` },
  name: { value: "NAME", help: "jobs of that name" },
  queue: { value: "NAME", help: "jobs of that queue" },
  tag: { value: "TAG", help: "jobs with that tag" },
} as const satisfies OptionSpecs;

export function filterOf(args: Args): JobFilter {
  const filter: JobFilter = {};
  const states = args.oneOf("state", jobStates);
  if (states.length > 0) filter.state = states;
  for (const name of ["name", "queue", "tag"] as const) {
    const text = args.text(name);
    if (text !== undefined) filter[name] = text;
  }
  return filter;
}
