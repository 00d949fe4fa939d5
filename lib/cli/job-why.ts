import type { Command } from "./command.ts";
import { withClient } from "./database.ts";
import { noJob } from "./job-show.ts";
import { clientOptions } from "./options.ts";
import { oneLine } from "./text.ts";

export const jobsWhy: Command = {
  name: "jobs why",
  words: "ID",
  least: 1,
  summary: "say in one sentence why a job stands where it does",
  options: clientOptions,
  run: (call) =>
    withClient(call, "existing", async (client) => {
      const id = call.args.words[0] as string;
      if ((await client.jobs.get(id)) === undefined) throw noJob(id);
      const why = await client.why(id);
      call.out.answer(why, () => oneLine(why.sentence));
      return 0;
    }),
};
