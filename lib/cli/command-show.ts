import { ErgateError } from "../base/error.ts";
import type { StoredCommandView } from "../client/commands.ts";
import type { Command } from "./command.ts";
import { withClient } from "./database.ts";
import { clientOptions } from "./options.ts";
import { facts } from "./table.ts";
import { counted, oneLine } from "./text.ts";

export const commandsShow: Command = {
  name: "commands show",
  words: "NAME",
  least: 1,
  summary: "show one command with all that it runs with",
  options: clientOptions,
  run: (call) =>
    withClient(call, "existing", async ({ commands }) => {
      const name = call.args.words[0] as string;
      const command = await commands.get(name);
      if (command === undefined) throw noCommand(name);
      call.out.answer(command, (paint) => facts(paint, factsOf(command)));
      return 0;
    }),
};

export const commandsRm: Command = {
  name: "commands rm",
  words: "NAME…",
  least: 1,
  most: Number.POSITIVE_INFINITY,
  summary: "remove commands; what runs of them goes on",
  options: clientOptions,
  run: (call) =>
    withClient(call, "existing", async ({ commands }) => {
      const { args, out } = call;
      const items: { name: string; changed: boolean }[] = [];
      for (const name of args.words) items.push({ name, changed: await commands.remove(name) });
      for (const { name } of items.filter(({ changed }) => !changed)) out.error(noCommand(name));
      const changed = items.filter((item) => item.changed).length;
      out.answer({ changed, items }, () => `${counted(changed, "command")} removed`);
      return changed === items.length ? 0 : 1;
    }),
};

function noCommand(name: string): ErgateError {
  const message = `there is no command named ${JSON.stringify(name)}`;
  return new ErgateError("ERR_ERGATE_JOB_UNKNOWN", message, { path: "NAME" });
}

/** Its options as they were given, each by its name. */
function factsOf({ name, ...options }: StoredCommandView): [string, string][] {
  const shown = Object.entries(options).map(([key, value]): [string, string] => {
    return [key, oneLine(typeof value === "string" ? value : JSON.stringify(value))];
  });
  return [["name", name], ...shown];
}
