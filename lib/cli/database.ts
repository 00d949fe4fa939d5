import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { ErgateError } from "../base/error.ts";
import type { Client, Runtime } from "../client/client.ts";
import type { Logger, RuntimeOptions } from "../client/options.ts";
import type { Call } from "./command.ts";
import type { Out } from "./out.ts";
import { secretOf } from "./secret.ts";

/** `existing`: a missing file is an error, and none is made. */
export type Presence = "existing" | "created";

/** `--db`, else ERGATE_DB, else ergate.db in the folder where the user stands. */
export function databaseFile({ args, start, machine }: Call): string {
  const { ERGATE_DB: fromEnv = "" } = machine.env;
  return resolve(start, args.text("db") ?? (fromEnv === "" ? "ergate.db" : fromEnv));
}

/**
 * The server that is to be asked in place of a file: `--url`, else ERGATE_URL where no `--db` is
 * given.
 */
export function serverUrl({ args, machine }: Call): string | undefined {
  const { ERGATE_URL: fromEnv } = machine.env;
  const url = args.text("url");
  const db = args.text("db");
  if (url === undefined) return db === undefined && fromEnv ? fromEnv : undefined;
  if (db !== undefined) throw args.wrong("--db and --url exclude each other");
  return url;
}

/** Does the action on a server, where one is named, else on the file. */
export async function withClient<T>(
  call: Call,
  presence: Presence,
  action: (client: Client) => Promise<T>,
): Promise<T> {
  const url = serverUrl(call);
  if (url === undefined) return withDatabase(call, presence, action);
  if (call.args.text("namespace") !== undefined) {
    throw call.args.wrong("a server has one namespace: --namespace goes with a file");
  }
  const { createClient } = await import("../client/remote.ts");
  const secret = secretOf(call);
  return action(createClient({ url, ...(secret === undefined ? {} : { secret }) }));
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
  const say = (level: string) => (fields: object, text: string) =>
    out.note(`${level}: ${text}${requestIn(fields)}`);
  const isLevelEnabled = (level: string) => level === "warn" || level === "error";
  const off = { debug: () => {}, info: () => {}, isLevelEnabled };
  return { ...off, warn: say("warning"), error: say("error") };
}

/** Of a request's line: its id, as the answer has it, and what the answer keeps from the client. */
function requestIn(fields: { requestId?: string; err?: unknown }): string {
  const { requestId, err } = fields;
  if (requestId === undefined) return "";
  const fault = err instanceof Error ? `: ${err.stack ?? err.message}` : "";
  return ` (request ${requestId})${fault}`;
}
