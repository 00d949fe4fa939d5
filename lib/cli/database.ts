import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { ErgateError } from "../base/error.ts";
import type { Runtime } from "../client/client.ts";
import type { Logger, RuntimeOptions } from "../client/options.ts";
import type { Call } from "./command.ts";
import type { Out } from "./out.ts";

/** `existing`: a missing file is an error, and none is made. */
export type Presence = "existing" | "created";

/** `--db`, else ERGATE_DB, else ergate.db in the folder where the user stands. */
export function databaseFile({ args, start, machine }: Call): string {
  const { ERGATE_DB: fromEnv = "" } = machine.env;
  return resolve(start, args.text("db") ?? (fromEnv === "" ? "ergate.db" : fromEnv));
}

/**
 * Opens the file without running jobs, does the action and closes it again: so short commands work
 * beside a running process.
 */
export async function withDatabase<T>(
  call: Call,
  presence: Presence,
  action: (runtime: Runtime, file: string) => Promise<T>,
): Promise<T> {
  const file = databaseFile(call);
  if (presence === "existing" && !existsSync(file)) {
    throw new ErgateError("ERR_ERGATE_STORE_OPEN", `there is no database ${file}`, {
      path: "--db",
    });
  }
  const createRuntime = await call.hooks.createRuntime();
  const runtime = await createRuntime({ storage: { file, place: "inline" }, ...shared(call) });
  try {
    return await action(runtime, file);
  } finally {
    await runtime.stop();
  }
}

/** What every command's runtime has in common. */
export function shared({ args, out }: Call): Pick<RuntimeOptions, "logger" | "namespace"> {
  const namespace = args.text("namespace");
  const logger = stderrLogger(out);
  return namespace === undefined ? { logger } : { logger, namespace };
}

/** The runtime's own lines; stdout is for answers. */
function stderrLogger(out: Out): Logger {
  const say = (level: string) => (_fields: object, text: string) => out.note(`${level}: ${text}`);
  const isLevelEnabled = (level: string) => level === "warn" || level === "error";
  const off = { debug: () => {}, info: () => {}, isLevelEnabled };
  return { ...off, warn: say("warning"), error: say("error") };
}
