import type { WorkerRow } from "../protocol/query.ts";
import type { Command } from "./command.ts";
import { withDatabase } from "./database.ts";
import { storageOptions } from "./options.ts";
import { type Column, table } from "./table.ts";
import { timeText } from "./text.ts";

const columns: readonly Column<WorkerRow>[] = [
  { head: "ID", cell: (worker) => worker.id },
  { head: "HOST", cell: (worker) => worker.host },
  { head: "PID", cell: (worker) => worker.pid, right: true },
  {
    head: "ALIVE",
    cell: aliveText,
    style: ({ alive }) => (alive === false ? "red" : undefined),
  },
  { head: "RUNNING", cell: (worker) => worker.running, right: true },
  { head: "LOOP", cell: (worker) => worker.concurrency, right: true },
  { head: "THREADS", cell: (worker) => worker.threads, right: true },
  { head: "SINCE", cell: (worker) => timeText(worker.startedAt) },
  { head: "VERSION", cell: (worker) => worker.version },
];

export const workers: Command = {
  name: "workers",
  summary: "list the processes that run jobs of the file",
  options: storageOptions,
  run: (call) =>
    withDatabase(call, "existing", async (runtime) => {
      const items = await runtime.workers.list();
      call.out.answer(items, (paint) => table(paint, items, columns, "no workers"));
      return 0;
    }),
};

function aliveText({ alive }: WorkerRow): string {
  if (alive === undefined) return "unknown";
  return alive ? "alive" : "dead";
}
