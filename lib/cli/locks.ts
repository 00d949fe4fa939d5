import { limits } from "../base/limits.ts";
import type { Lock } from "../client/locks.ts";
import type { Command } from "./command.ts";
import { withClient } from "./database.ts";
import { clientOptions } from "./options.ts";
import { pageOf, pageOptions } from "./paging.ts";
import { type Column, table } from "./table.ts";
import { timeText } from "./text.ts";

const columns: readonly Column<Lock>[] = [
  { head: "LOCK", cell: (lock) => lock.name },
  { head: "FENCE", cell: (lock) => lock.fence, right: true },
  { head: "SINCE", cell: (lock) => timeText(lock.since) },
  { head: "EXPIRES", cell: (lock) => timeText(lock.expiresAt) },
  { head: "HOLDER", cell: (lock) => lock.holder },
];

export const locksLs: Command = {
  name: "locks ls",
  summary: "list who holds which lock, and until when",
  options: { ...clientOptions, ...pageOptions(limits.pageRowsDefault) },
  run: (call) =>
    withClient(call, "existing", async (client) => {
      const page = await client.locks.list(pageOf(call.args));
      call.out.answer(page, (paint) => table(paint, page.items, columns, "no locks"));
      if (page.next !== undefined && !call.out.json) {
        call.out.note(`there are more: --cursor ${page.next}`);
      }
      return 0;
    }),
};
