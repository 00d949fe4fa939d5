import { messageOf } from "../lib/base/error.ts";
import type { Logger } from "../lib/client/options.ts";

/** Where the runtime's own lines go unless the host gives a logger: only what needs a look. */
export const consoleLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: (_fields, text) => console.warn(`ergate: ${text}`),
  error: (_fields, text) => console.error(`ergate: ${text}`),
};

/** What the runtime says of itself, in one place. */
export const wording = {
  crashed: (path: string, error: unknown) => `${path} crashed: ${messageOf(error)}`,
  restarted: (path: string, restarts: number) => `${path} restarts (${restarts} in its window)`,
  onDead: (name: string, problem: string) => `onDead of job "${name}" failed: ${problem}`,
  unforgotten: "the log is behind: lines of deleted jobs stay until they are old",
  failed: (name: string, id: string, attempt: number, what: string) =>
    `job "${name}" (${id}) failed in attempt ${attempt}: ${what}`,
  unfired: (error: unknown) => `schedules can't be fired: ${messageOf(error)}`,
  unreadable: (name: string, error: unknown) =>
    `the schedule "${name}" can't be read and fires no more: ${messageOf(error)}`,
  orphans: (worker: string, commands: readonly string[]) =>
    `ended ${counted(commands.length)} that commands of worker ${worker}, which died, left: ` +
    commands.slice(0, shownCommands).join(", "),
  orphansLeft: (worker: string, count: number) =>
    `${counted(count)} of commands of worker ${worker} can't be ended: their jobs wait for that`,
  unended: (worker: string, error: unknown) =>
    `what commands of worker ${worker} left can't be looked for: ${messageOf(error)}`,
  unfollowed: (error: unknown) => `stored commands can't be read: ${messageOf(error)}`,
  unheardOf: (event: string) => `nobody subscribes to "${event}": its messages are unheard`,
  unheard: (error: unknown) => `messages can't be read: ${messageOf(error)}`,
  undelivered: ({ event, name }: Addressee, error: unknown) =>
    `messages of "${event}" can't be delivered${named(name)}: ${messageOf(error)}`,
  lost: ({ event, name }: Addressee, count: number) =>
    `${count} messages of "${event}" were pruned before they were delivered${named(name)}`,
  taken: (name: string) => `the stored command "${name}" does not run here: a job has its name`,
  unrunnable: (name: string, problem: string) =>
    `the stored command "${name}" can't run here: ${problem}`,
  hooksUnread: (error: unknown) => `status hooks can't be looked for: ${messageOf(error)}`,
  hooksUnsettled: (error: unknown) =>
    `what came of status hooks can't be stored yet: ${messageOf(error)}`,
  hookDead: (type: "dead" | "gone", error: string) =>
    type === "gone"
      ? `a status hook's receiver is gone, and is told nothing more: ${error}`
      : `an event of a status hook was given up: ${error}`,
  unkillable: (count: number) =>
    `${counted(count)} of this command can't be ended: its run is not over before they are`,
  payload: (name: string, bytes: number) =>
    `a payload of job "${name}" has ${bytes} bytes: ` +
    "it slows what shares its batch; better name a file",
};

interface Addressee {
  event: string;
  name: string | undefined;
}

function named(name: string | undefined): string {
  return name === undefined ? "" : ` to "${name}"`;
}

const shownCommands = 10;

function counted(processes: number): string {
  return processes === 1 ? "1 process" : `${processes} processes`;
}
