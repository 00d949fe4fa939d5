import type { Slot, Worker } from "../client/workers.ts";
import type { Command } from "./command.ts";
import { withClient } from "./database.ts";
import { clientOptions } from "./options.ts";
import { type Column, table } from "./table.ts";
import { timeText } from "./text.ts";

const columns: readonly Column<Worker>[] = [
  { head: "ID", cell: (worker) => worker.id },
  { head: "HOST", cell: (worker) => worker.host },
  { head: "PID", cell: (worker) => worker.pid, right: true },
  {
    head: "STATUS",
    cell: (worker) => worker.status,
    style: ({ status }) => (status === "dead" ? "red" : undefined),
  },
  { head: "BUSY", cell: (worker) => worker.busy, right: true },
  { head: "LINGERING", cell: (worker) => worker.lingering, right: true },
  { head: "LOOP", cell: (worker) => worker.concurrency, right: true },
  { head: "THREADS", cell: (worker) => worker.threads, right: true },
  { head: "SINCE", cell: (worker) => timeText(worker.startedAt) },
  { head: "HEARTBEAT", cell: (worker) => timeText(worker.heartbeatAt) },
  { head: "VERSION", cell: (worker) => worker.version },
  { head: "JOBS", cell: (worker) => worker.jobs.join(",") },
];

type BusySlot = Slot & { worker: string };

const slotColumns: readonly Column<BusySlot>[] = [
  { head: "WORKER", cell: (slot) => slot.worker },
  { head: "JOB", cell: (slot) => slot.jobId },
  { head: "NAME", cell: (slot) => slot.name },
  { head: "QUEUE", cell: (slot) => slot.queue },
  { head: "ATTEMPT", cell: (slot) => slot.attempt, right: true },
  { head: "STARTED", cell: (slot) => timeText(slot.startedAt) },
  { head: "PROGRESS", cell: progressText, right: true },
  { head: "CHECK-IN", cell: (slot) => slot.checkIn?.slice(0, 60) },
  { head: "ARGS", cell: (slot) => JSON.stringify(slot.args)?.slice(0, 80) },
];

export const workers: Command = {
  name: "workers",
  summary: "list the processes that run jobs of the file",
  options: { ...clientOptions, busy: { help: "list their runs instead, with what they say" } },
  run: (call) =>
    withClient(call, "existing", async (client) => {
      const items = await client.workers.list();
      if (!call.args.flag("busy")) {
        call.out.answer(items, (paint) => table(paint, items, columns, "no workers"));
        return 0;
      }
      const slots = items.flatMap(({ id, slots }) =>
        slots.map((slot) => ({ worker: id, ...slot })),
      );
      call.out.answer({ items: slots }, (paint) => table(paint, slots, slotColumns, "no runs"));
      const more = items.reduce((sum, { busy }) => sum + busy, 0) - slots.length;
      if (more > 0) call.out.note(`and ${more} more`);
      return 0;
    }),
};

function progressText({ progress, lingering }: BusySlot): string | undefined {
  if (lingering) return "lingering";
  return progress === undefined ? undefined : `${Math.round(progress * 100)} %`;
}
