import { limits } from "../base/limits.ts";
import type { HookDelivery, HookListOptions, ResendChoice } from "../client/hooks.ts";
import type { Call, Command } from "./command.ts";
import { withClient } from "./database.ts";
import { type Args, clientOptions } from "./options.ts";
import { pageOf, pageOptions } from "./paging.ts";
import { type Column, table } from "./table.ts";
import { timeText } from "./text.ts";

const columns: readonly Column<HookDelivery>[] = [
  { head: "ID", cell: (one) => one.id },
  { head: "JOB", cell: (one) => one.jobId },
  { head: "EVENT", cell: (one) => one.event },
  {
    head: "STATE",
    cell: (one) => one.state,
    style: ({ state }) => (state === "dead" ? "red" : undefined),
  },
  { head: "ATTEMPTS", cell: (one) => one.attempts, right: true },
  { head: "CREATED", cell: (one) => timeText(one.createdAt) },
  { head: "NEXT", cell: (one) => timeText(one.nextAt) },
  { head: "URL", cell: (one) => one.url.slice(0, 60) },
  { head: "ERROR", cell: (one) => one.lastError?.slice(0, 60) },
];

const choice = {
  job: { value: "ID", help: "only of this job" },
  to: { value: "URL", help: "only to this address" },
} as const;

const hooksLs: Command = {
  name: "hooks ls",
  summary: "list events of status hooks that wait or were given up, newest first",
  options: {
    ...clientOptions,
    ...pageOptions(limits.pageRowsDefault),
    ...choice,
    state: { value: "STATE", help: "waiting or dead (default: both)" },
  },
  async run(call) {
    const { args, out } = call;
    const options: HookListOptions = pageOf(args);
    const state = args.choice("state", ["waiting", "dead"] as const);
    const [job, url] = [args.text("job"), args.text("to")];
    if (state !== undefined) options.state = state;
    if (job !== undefined) options.job = job;
    if (url !== undefined) options.url = url;
    return withClient(call, "existing", async (client) => {
      const page = await client.hooks.list(options);
      out.answer(page, (paint) => table(paint, page.items, columns, "no events"));
      if (page.next !== undefined && !out.json) out.note(`there are more: --cursor ${page.next}`);
      return 0;
    });
  },
};

const hooksResend: Command = {
  name: "hooks resend",
  words: "[ID]",
  most: 1,
  summary: "send dead events again: one by its id, or all of --job or --to",
  options: { ...clientOptions, ...choice },
  run(call) {
    const which = chosen(call.args);
    return withClient(call, "existing", async (client) => {
      const count = await client.hooks.resend(which);
      call.out.answer({ count }, () => `${count} taken up again`);
      return 0;
    });
  },
};

function chosen(args: Args): ResendChoice {
  const [id] = args.words;
  const [job, url] = [args.text("job"), args.text("to")];
  const given = [
    ...(id === undefined ? [] : [id]),
    ...(job === undefined ? [] : [{ job }]),
    ...(url === undefined ? [] : [{ url }]),
  ];
  if (given.length !== 1) throw args.wrong("hooks resend needs one of ID, --job and --to");
  return given[0] as ResendChoice;
}

const hooksDisable: Command = {
  name: "hooks disable",
  words: "URL",
  least: 1,
  summary: "switch an address off: what is to be told there is dead",
  options: clientOptions,
  run: (call) => toggled(call, "disable"),
};

const hooksEnable: Command = {
  name: "hooks enable",
  words: "URL",
  least: 1,
  summary: "switch an address on again",
  options: clientOptions,
  run: (call) => toggled(call, "enable"),
};

function toggled(call: Call, action: "disable" | "enable"): Promise<number> {
  const url = call.args.words[0] as string;
  return withClient(call, "existing", async (client) => {
    const changed = await client.hooks[action](url);
    call.out.answer({ url, changed }, () => (changed ? `${action}d` : `was ${action}d already`));
    return 0;
  });
}

export const hooks: readonly Command[] = [hooksLs, hooksResend, hooksDisable, hooksEnable];
