import { systemClock } from "../base/clock.ts";
import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import type { Client } from "../client/client.ts";
import type { Run } from "../job/run.ts";
import { overlaps } from "../job/schedule-policy.ts";
import type { Command } from "./command.ts";
import { withClient } from "./database.ts";
import { clientOptions } from "./options.ts";
import { outcomeText } from "./schedule-text.ts";
import { oneLine } from "./text.ts";

export const schedulesTrigger: Command = {
  name: "schedules trigger",
  words: "NAME",
  least: 1,
  summary: "run a schedule now, beside its times",
  details: [
    "Prints the run; with --wait once it is over. Exit 1 where it was skipped, as an earlier run",
    "is not done, and with --wait where it did not complete.",
  ],
  options: {
    ...clientOptions,
    overlap: {
      value: "POLICY",
      help: `${overlaps.join(", ")} (default: the schedule's)`,
    },
    wait: { help: "wait until the run is over" },
  },
  async run(call) {
    const { args, out } = call;
    const overlap = args.choice("overlap", overlaps);
    return withClient(call, "existing", async (client) => {
      const name = args.words[0] as string;
      const options = overlap === undefined ? {} : { overlap };
      const begun = await client.schedules.trigger(name, options);
      const run = args.flag("wait") ? await untilOver(client, begun) : begun;
      out.answer(run, () => runText(run));
      const isFine = args.flag("wait") ? run.outcome === "completed" : run.outcome !== "skipped";
      return isFine ? 0 : 1;
    });
  },
};

function runText(run: Run): string {
  const { id, jobId, error } = run;
  const why = error === undefined ? "" : `: ${oneLine(error)}`;
  return `run ${id}${jobId === undefined ? "" : ` (job ${jobId})`} ${outcomeText(run)}${why}`;
}

/** It may wait for the run before it, and has no job until then. */
async function untilOver(client: Client, begun: Run): Promise<Run> {
  let run = begun;
  while (run.outcome === undefined) {
    if (run.jobId === undefined) await pause(limits.triggerPollMs);
    else await client.result(run.jobId).catch(onlyUnfinished);
    const found = await findRun(client, run);
    // Its record is gone: what was seen last is all that is known.
    if (found === undefined) return run;
    if (found.outcome === undefined && found.jobId !== undefined) await pause(limits.triggerPollMs);
    run = found;
  }
  return run;
}

/** A run that did not complete is told by its record. */
function onlyUnfinished(error: unknown): void {
  const known = ["RESULT_DEAD", "RESULT_STOPPED", "RESULT_CANCELLED", "JOB_NOT_FOUND"];
  const { code } = error instanceof ErgateError ? error : { code: "" };
  if (!known.some((name) => code === `ERR_ERGATE_${name}`)) throw error;
}

async function findRun({ schedules }: Client, { id, schedule }: Run): Promise<Run | undefined> {
  let cursor: string | undefined;
  do {
    const page = await schedules.runs(schedule, cursor === undefined ? {} : { cursor });
    const found = page.items.find((run) => run.id === id);
    if (found !== undefined) return found;
    cursor = page.next;
  } while (cursor !== undefined);
  return undefined;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void systemClock.after(ms, resolve));
}
