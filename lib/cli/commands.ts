import { limits } from "../base/limits.ts";
import type { StoredCommandView } from "../client/commands.ts";
import type { KillAnswer } from "../client/kill.ts";
import type { Command } from "./command.ts";
import { commandsLogs } from "./command-logs.ts";
import { commandsRm, commandsShow } from "./command-show.ts";
import { specOf, specOptions } from "./command-spec.ts";
import { withClient } from "./database.ts";
import { enqueue } from "./enqueue.ts";
import { clientOptions } from "./options.ts";
import { pageOf, pageOptions } from "./paging.ts";
import { type Column, table } from "./table.ts";

const columns: readonly Column<StoredCommandView>[] = [
  { head: "NAME", cell: ({ name }) => name },
  { head: "RUNNING", cell: ({ running }) => running, right: true },
  { head: "REVISION", cell: ({ revision }) => revision, right: true },
  { head: "COMMAND", cell: ({ command, argv = [] }) => command ?? argv.join(" ") },
];

const commandsLs: Command = {
  name: "commands ls",
  summary: "list stored commands by name",
  options: { ...clientOptions, ...pageOptions(limits.pageRowsDefault) },
  run: (call) =>
    withClient(call, "existing", async (client) => {
      const page = await client.commands.list(pageOf(call.args));
      call.out.answer(page, (paint) => table(paint, page.items, columns, "no commands"));
      if (page.next !== undefined && !call.out.json) {
        call.out.note(`there are more: --cursor ${page.next}`);
      }
      return 0;
    }),
};

const commandsAdd: Command = {
  name: "commands add",
  words: "NAME TEXT",
  least: 2,
  most: Number.POSITIVE_INFINITY,
  summary: "make a command, or change the one of that name, for all processes at once",
  details: [
    "TEXT is for the shell; with --argv a program and its arguments follow `--`. What is not given",
    "has its default, also where a command is changed. What runs goes on as it was. With --json",
    "`previous` is what it was before.",
  ],
  options: { ...clientOptions, ...specOptions },
  async run(call) {
    const name = call.args.words[0] as string;
    const spec = specOf(call);
    return withClient(call, "created", async ({ commands }) => {
      const previous = await commands.upsert(name, spec);
      const command = await commands.get(name);
      const disposition = previous === undefined ? "created" : "changed";
      call.out.answer({ name, disposition, previous, command }, () => `${name} ${disposition}`);
      return 0;
    });
  },
};

const commandsRun: Command = {
  ...enqueue,
  name: "commands run",
  summary: "run a command now: the same as enqueue",
};

const commandsKill: Command = {
  name: "commands kill",
  words: "ID|NAME…",
  least: 1,
  most: Number.POSITIVE_INFINITY,
  summary: "end a run by its job's id, or all of a command's, and wait until they are over",
  details: [
    "Answers `killed`, `not running` or `already done` for each. Past --timeout it fails, but what",
    "was asked holds: the runtime that runs it hears of it as soon as it can.",
  ],
  options: {
    ...clientOptions,
    reason: { value: "TEXT", help: "kept with the job (default: killed by hand)" },
    timeout: { value: "TIME", help: "how long to wait (default: as long as it takes)" },
  },
  async run(call) {
    const { args, out } = call;
    const reason = args.text("reason");
    const timeout = args.duration("timeout");
    const options = {
      ...(reason === undefined ? {} : { reason }),
      ...(timeout === undefined ? {} : { timeout }),
    };
    return withClient(call, "existing", async ({ commands }) => {
      const items: { target: string; answer: KillAnswer }[] = [];
      for (const target of args.words) {
        items.push({ target, answer: await commands.kill(target, options) });
      }
      out.answer({ items }, () => items.map((item) => `${item.target} ${item.answer}`).join("\n"));
      return 0;
    });
  },
};

export const storedCommands: readonly Command[] = [
  commandsLs,
  commandsShow,
  commandsAdd,
  commandsRm,
  commandsRun,
  commandsKill,
  commandsLogs,
];
