import { ErgateError } from "../base/error.ts";
import type { Asked } from "../job/ending.ts";
import { askedError } from "../job/run-context.ts";
import type { CommandUsage } from "./sampler.ts";

/** Why a command is killed. */
export interface CommandKill {
  readonly asked: Exclude<Asked, undefined>;
  /** For people; may be empty. */
  readonly reason: string;
}

/** How a command ended. */
export type CommandEnd = CommandTrace &
  (
    | { readonly type: "exited"; readonly exitCode: number | undefined; readonly signal: Signal }
    | {
        /** The kill came before the program's end; `exitCode` where it still ended by itself. */
        readonly type: "killed";
        readonly why: CommandKill;
        readonly exitCode: number | undefined;
        readonly signal: Signal;
        /** Processes that no signal could end. */
        readonly left: number;
      }
    /** The program never ran. */
    | { readonly type: "refused"; readonly error: ErgateError }
    /** The kill came before the start: there was none. */
    | { readonly type: "unstarted"; readonly why: CommandKill }
  );

type Signal = NodeJS.Signals | undefined;

/** What every end tells. */
export interface CommandTrace {
  /** Milliseconds since the epoch; undefined where nothing was started. */
  readonly startedAt: number | undefined;
  /** Of the program itself: what it left in the background may have written on. */
  readonly endedAt: number;
  /** The last 64 KiB of what it wrote, of both streams as they came. */
  readonly output: string;
  /** Whether it wrote more than that. */
  readonly truncated: boolean;
  /** Something in the background still had the output open when the run ended. */
  readonly isHeld: boolean;
  readonly usage: CommandUsage | undefined;
}

/** The error by which a run with that end fails; undefined when its program ended well. */
export function commandFault(end: CommandEnd): ErgateError | undefined {
  switch (end.type) {
    case "refused":
      return end.error;
    case "killed":
    case "unstarted":
      return askedError(end.why.asked, end.why.reason);
    case "exited":
      return end.exitCode === 0 ? undefined : failure(end.exitCode, end.signal, end.output);
    default:
      return end satisfies never;
  }
}

const said: Readonly<Record<number, string>> = {
  126: ": a program in it can't be executed",
  127: ": a program in it was not found",
};
const lastLineChars = 500;

function failure(exitCode: number | undefined, signal: Signal, output: string): ErgateError {
  const how =
    signal === undefined
      ? `the command exited with code ${exitCode}${said[exitCode ?? 0] ?? ""}`
      : `the command was ended by ${signal}`;
  const last = output.trimEnd().split("\n").at(-1)?.slice(0, lastLineChars) ?? "";
  return new ErgateError("ERR_ERGATE_COMMAND_FAILED", last === "" ? how : `${how}; last: ${last}`);
}
