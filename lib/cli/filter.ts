import type { JobFilter } from "../job/job.ts";
import { jobStates } from "../job/state.ts";
import type { Args, OptionSpecs } from "./options.ts";

/** The options that choose jobs. */
export const filterOptions = {
  state: { value: "STATE", many: true, help: `one or more of ${jobStates.join(", ")}` },
  name: { value: "NAME", help: "jobs of that name" },
  queue: { value: "NAME", help: "jobs of that queue" },
  tag: { value: "TAG", help: "jobs with that tag" },
  error: { value: "FINGERPRINT", help: "jobs whose last error is of that kind (see: jobs errors)" },
  text: { value: "TEXT", help: "jobs with it in their reason or last error" },
  parent: { value: "ID", help: "jobs that this job's handler enqueued" },
  since: { value: "TIME", help: "ended (else enqueued) since a time, or so long ago: 2h" },
  until: { value: "TIME", help: "ended (else enqueued) before it" },
} as const satisfies OptionSpecs;

export function filterOf(args: Args): JobFilter {
  const filter: JobFilter = {};
  const states = args.oneOf("state", jobStates);
  if (states.length > 0) filter.state = states;
  for (const name of ["name", "queue", "tag", "error", "text", "parent"] as const) {
    const text = args.text(name);
    if (text !== undefined) filter[name] = text;
  }
  for (const name of ["since", "until"] as const) {
    const at = args.time(name);
    if (at !== undefined) filter[name] = at;
  }
  return filter;
}
