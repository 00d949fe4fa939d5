import type { Command } from "./command.ts";
import { withDatabase } from "./database.ts";
import { noJob } from "./job-show.ts";
import { storageOptions } from "./options.ts";
import { oneLine } from "./text.ts";

export const jobsWhy: Command = {
  name: "jobs why",
  words: "ID",
  least: 1,
  summary: "say in one sentence why a job stands where it does",
  options: storageOptions,
  run: (call) =>
    withDatabase(call, "existing", async (runtime) => {
      const id = call.args.words[0] as string;
      if ((await runtime.jobs.get(id)) === undefined) throw noJob(id);
      const why = await runtime.why(id);
      call.out.answer(why, () => oneLine(why.sentence));
      return 0;
    }),
};
