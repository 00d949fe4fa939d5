import { ErgateError } from "../base/error.ts";
import type { Client } from "../client/client.ts";
import type { Command } from "./command.ts";
import { jobsLogs, printLogs } from "./job-logs.ts";

export const commandsLogs: Command = {
  ...jobsLogs,
  name: "commands logs",
  words: "ID|NAME",
  summary: "print what a run wrote: by its job's id, or a command's newest by its name",
  run: (call) => printLogs(call, (client) => runOf(client, call.args.words[0] as string)),
};

async function runOf(client: Client, idOrName: string): Promise<string> {
  if ((await client.jobs.get(idOrName)) !== undefined) return idOrName;
  const { items } = await client.jobs.list({ name: idOrName, limit: 1 });
  if (items[0] !== undefined) return items[0].id;
  const message = `no job has that id, or is a run of that command: ${JSON.stringify(idOrName)}`;
  throw new ErgateError("ERR_ERGATE_JOB_NOT_FOUND", message, { path: "ID|NAME" });
}
