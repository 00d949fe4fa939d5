import { readFileSync } from "node:fs";
import { dirname, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ErgateError, messageOf } from "../base/error.ts";
import type { RuntimeOptions } from "../client/options.ts";
import type { Call } from "./command.ts";
import { jobserviceTls, jobserviceVariables } from "./jobservice-env.ts";
import type { OptionSpecs } from "./options.ts";

/** The settings of a served runtime: a file's, overridden by the environment. */

export const configOptions = {
  config: { value: "FILE", help: "options of createRuntime, as JSON or a module's default export" },
} as const satisfies OptionSpecs;

type Settings = Record<string, unknown>;
export type Config = Partial<RuntimeOptions>;

/** Each variable with the option that it sets, the last one first; texts of digits are numbers. */
export const variables: Readonly<Record<string, string>> = {
  ...jobserviceVariables,
  ERGATE_NAMESPACE: "namespace",
  ERGATE_DURABILITY: "storage.durability",
  ERGATE_CONCURRENCY: "concurrency",
  ERGATE_THREADS: "threads.count",
  ERGATE_PORT: "http.port",
  ERGATE_HOST: "http.host",
  ERGATE_MAX_ATTEMPTS: "defaults.maxAttempts",
  ERGATE_TIMEOUT: "defaults.timeout",
  ERGATE_LOG_LEVEL: "log.level",
  ERGATE_LOG_BATCH_SIZE: "log.batchSize",
  ERGATE_LOG_COMMIT_TIMEOUT: "log.commitTimeout",
  ERGATE_LOG_AGE: "log.retention.age",
  ERGATE_LOG_BYTES: "log.retention.bytes",
  ERGATE_RETENTION_COMPLETED: "retention.completed",
  ERGATE_RETENTION_STOPPED: "retention.stopped",
  ERGATE_RETENTION_CANCELLED: "retention.cancelled",
  ERGATE_RETENTION_DEAD: "retention.dead",
  ERGATE_RETENTION_BYTES: "retention.bytes",
};

/** Options that are an object or one scalar: under which name the scalar goes in the object. */
const shorthands: Readonly<Record<string, string>> = { storage: "file", threads: "count" };

/**
 * What `--config` and the environment say. Throws ERR_ERGATE_OPTION for a file that can't be read,
 * or holds jobs, which `--jobs` names.
 */
export async function configOf(call: Call): Promise<Config> {
  const { args, start, machine } = call;
  const file = args.text("config");
  const config = file === undefined ? {} : await fileConfig(resolve(start, file));
  for (const [name, path] of Object.entries(variables)) {
    const text = machine.env[name];
    if (text) set(config, path.split("."), /^\d+$/.test(text) ? Number(text) : text);
  }
  const tls = jobserviceTls(call);
  if (tls !== undefined) set(config, ["http", "tls"], tls);
  return config as Config;
}

/** Says which variable, or which file, holds what `createRuntime` refuses. */
export function withSource(error: unknown, { args, machine }: Call): unknown {
  if (!(error instanceof ErgateError) || error.path === undefined) return error;
  const { path } = error;
  const variable = Object.keys(variables).findLast(
    (name) => machine.env[name] && isOf(path, variables[name] as string),
  );
  const source = variable ?? args.text("config");
  if (source === undefined) return error;
  return new ErgateError(error.code, `${source}: ${error.message}`, { path, cause: error });
}

function isOf(path: string, variable: string): boolean {
  return path === variable || path === variable.split(".")[0];
}

async function fileConfig(file: string): Promise<Settings> {
  const given = extname(file) === ".json" ? readJson(file) : await loadModule(file);
  if (typeof given !== "object" || given === null || Array.isArray(given)) {
    throw configError(`${file} holds no options, which are an object`);
  }
  if ("jobs" in given) throw configError(`${file} holds jobs: name their modules by --jobs`);
  const config = structured(given as Settings);
  const { storage } = config as { storage?: Settings };
  // As a module's imports: a file lies where it lies, whoever calls.
  if (typeof storage?.file === "string" && storage.file !== ":memory:") {
    storage.file = resolve(dirname(file), storage.file);
  }
  return config;
}

/** A copy of which each object may be changed; scalars that stand for an object are one. */
function structured(given: Settings): Settings {
  const entries = Object.entries(given).map(([key, value]) => {
    const scalar = shorthands[key];
    if (scalar !== undefined && typeof value !== "object") return [key, { [scalar]: value }];
    return [key, isPlain(value) ? { ...value } : value];
  });
  return Object.fromEntries(entries);
}

function isPlain(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function set(settings: Settings, [key = "", ...rest]: readonly string[], value: unknown): void {
  if (rest.length === 0) {
    settings[key] = value;
    return;
  }
  const inner = settings[key];
  const copy = isPlain(inner) ? { ...inner } : {};
  set(copy, rest, value);
  settings[key] = copy;
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw configError(`${file} can't be read: ${messageOf(error)}`, error);
  }
}

async function loadModule(file: string): Promise<unknown> {
  try {
    return (await import(pathToFileURL(file).href)).default;
  } catch (error) {
    throw configError(`${file} can't be loaded: ${messageOf(error)}`, error);
  }
}

function configError(message: string, cause?: unknown): ErgateError {
  return new ErgateError("ERR_ERGATE_OPTION", message, { path: "--config", cause });
}
