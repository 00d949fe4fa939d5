import { ErgateError } from "../base/error.ts";
import type { Execution, Job } from "../job/job.ts";
import type { Command } from "./command.ts";
import { withClient } from "./database.ts";
import { clientOptions } from "./options.ts";
import type { Paint } from "./out.ts";
import { type Column, facts, table } from "./table.ts";
import { oneLine, stateStyle, timeText } from "./text.ts";

const columns: readonly Column<Execution>[] = [
  { head: "ATTEMPT", cell: (run) => run.attempt, right: true },
  { head: "OUTCOME", cell: (run) => run.outcome },
  { head: "STARTED", cell: (run) => timeText(run.startedAt) },
  { head: "FINISHED", cell: (run) => timeText(run.finishedAt) },
  { head: "WORKER", cell: (run) => run.worker },
  { head: "ERROR", cell: (run) => run.error?.message },
];

export const jobsShow: Command = {
  name: "jobs show",
  words: "ID",
  least: 1,
  summary: "show one job with its attempts",
  options: clientOptions,
  run: (call) =>
    withClient(call, "existing", async (client) => {
      const id = call.args.words[0] as string;
      const job = await client.jobs.get(id);
      if (job === undefined) throw noJob(id);
      const executions = await client.jobs.executions(id);
      call.out.answer({ ...job, executions }, (paint) => shown(paint, job, executions));
      return 0;
    }),
};

export function noJob(id: string): ErgateError {
  return new ErgateError("ERR_ERGATE_JOB_NOT_FOUND", `there is no job ${oneLine(id)}`, {
    path: "ID",
  });
}

function shown(paint: Paint, job: Job, executions: readonly Execution[]): string {
  const lines = facts(paint, [
    ["id", job.id],
    ["name", job.name],
    ["queue", job.queue],
    ["state", paint(stateStyle(job.state), job.state)],
    ["reason", job.reason && oneLine(job.reason)],
    ["attempt", `${job.attempt} of ${job.maxAttempts}`],
    ["priority", String(job.priority)],
    ["parent", job.parent && `${oneLine(job.parent)} (depth ${job.depth})`],
    ["tags", job.tags.length === 0 ? undefined : oneLine(job.tags.join(", "))],
    ["created", timeText(job.createdAt)],
    ["due", timeText(job.runAt)],
    ["started", timeText(job.startedAt)],
    ["finished", timeText(job.finishedAt)],
    ["progress", job.progress === undefined ? undefined : `${Math.round(job.progress * 100)} %`],
    ["check-in", job.checkIn && oneLine(job.checkIn)],
    ["args", JSON.stringify(job.args)],
    ["result", job.result === undefined ? undefined : JSON.stringify(job.result)],
  ]);
  const runs = executions.length === 0 ? "" : `\n\n${table(paint, executions, columns, "")}`;
  return `${lines}${runs}`;
}
