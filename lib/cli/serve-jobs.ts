import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { ErgateError, messageOf } from "../base/error.ts";
import type { ScheduleOptions } from "../cron/schedule.ts";
import { type JobDefinition, parseDefinition } from "../job/definition.ts";

const moduleForm = /(?<!\.d)\.[cm]?[jt]s$/;
/** One of them beside `name` tells a job from other objects that a module may export. */
const jobKeys = ["run", "thread", "args", "command", "argv"];

type Schedules = Readonly<Record<string, ScheduleOptions>>;

/** What modules export, as `createRuntime` takes it. */
export interface Served {
  jobs: JobDefinition[];
  /** Undefined where no module says anything of schedules: then none is touched. */
  schedules: Schedules | undefined;
}

/** A file that may say something of schedules. */
interface Saying {
  file: string;
  schedules: Schedules | undefined;
}

interface LoadedModule extends Saying {
  definitions: JobDefinition[];
  /** Whether the user named the file itself, not its folder. */
  named: boolean;
}

/**
 * The job definitions and `schedules` that the modules export, in the order of the paths. A folder
 * stands for the modules right inside it. `configured`: the file of options, if the call names one.
 * Throws ERR_ERGATE_HANDLER_LOAD for a module that can't be loaded, ERR_ERGATE_OPTION for one that
 * exports neither, and for a schedule's name that two have.
 */
export async function loadJobs(
  paths: readonly string[],
  start: string,
  configured?: Saying,
): Promise<Served> {
  const modules: LoadedModule[] = [];
  for (const path of paths) {
    for (const file of filesOf(resolve(start, path))) {
      const named = file === resolve(start, path);
      const exported = await load(file);
      const definitions = definitionsOf(exported, file);
      modules.push({ file, named, definitions, schedules: schedulesOf(exported, file) });
    }
  }
  const all = new Set(modules.flatMap(({ definitions }) => definitions));
  const threads = new Set([...all].map(({ thread }) => thread?.href));
  for (const { file, definitions, schedules, named } of modules) {
    if (definitions.length > 0 || schedules !== undefined) continue;
    // The module that a job names as its thread may lie in the same folder.
    if (!named && threads.has(pathToFileURL(file).href)) continue;
    throw jobsError("ERR_ERGATE_OPTION", `${file} exports no job`);
  }
  const saying = configured === undefined ? modules : [...modules, configured];
  return { jobs: [...all], schedules: together(saying) };
}

/** By name; the same module named twice says nothing twice. */
function together(modules: readonly Saying[]): Schedules | undefined {
  const saying = new Map(modules.map((each) => [each.file, each]));
  const owners = new Map<string, string>();
  let all: Record<string, ScheduleOptions> | undefined;
  for (const { file, schedules } of saying.values()) {
    if (schedules === undefined) continue;
    all ??= {};
    for (const [name, spec] of Object.entries(schedules)) {
      const owner = owners.get(name);
      // One that a module passes on from another is still one.
      if (owner !== undefined && all[name] !== spec) {
        const message = `${owner} and ${file} both have a schedule named "${name}"`;
        throw jobsError("ERR_ERGATE_OPTION", message);
      }
      owners.set(name, file);
      all[name] = spec;
    }
  }
  return all;
}

function schedulesOf({ schedules }: Record<string, unknown>, file: string): Schedules | undefined {
  if (schedules === undefined) return undefined;
  if (typeof schedules === "object" && schedules !== null && !(Symbol.iterator in schedules)) {
    return schedules as Schedules;
  }
  const problem = "export schedules must be an object of schedules by name";
  throw jobsError("ERR_ERGATE_OPTION", `${file}: ${problem}`);
}

function filesOf(path: string): string[] {
  if (!existsSync(path)) throw jobsError("ERR_ERGATE_OPTION", `there is no ${path}`);
  if (!statSync(path).isDirectory()) return [path];
  const names = readdirSync(path).filter((name) => moduleForm.test(name));
  const files = names.map((name) => join(path, name)).filter((file) => statSync(file).isFile());
  if (files.length === 0) throw jobsError("ERR_ERGATE_OPTION", `${path} holds no module`);
  return files.sort();
}

function definitionsOf(exported: Record<string, unknown>, file: string): JobDefinition[] {
  const found = new Set<JobDefinition>();
  for (const [name, value] of Object.entries(exported)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (isJob(each)) found.add(definitionOf(each, `${basename(file)}: export ${name}`));
    }
  }
  return [...found];
}

/** By the exported object: a plain one that is exported twice is still one job. */
const definitions = new WeakMap<object, JobDefinition>();

function definitionOf(value: object, path: string): JobDefinition {
  const known = definitions.get(value);
  if (known !== undefined) return known;
  const definition = parseDefinition(value, path);
  definitions.set(value, definition);
  return definition;
}

async function load(file: string): Promise<Record<string, unknown>> {
  try {
    return await import(pathToFileURL(file).href);
  } catch (error) {
    throw jobsError(
      "ERR_ERGATE_HANDLER_LOAD",
      `${file} can't be loaded: ${messageOf(error)}`,
      error,
    );
  }
}

function isJob(value: unknown): value is object {
  if (typeof value !== "object" || value === null || !("name" in value)) return false;
  return typeof value.name === "string" && jobKeys.some((key) => key in value);
}

function jobsError(
  code: "ERR_ERGATE_OPTION" | "ERR_ERGATE_HANDLER_LOAD",
  message: string,
  cause?: unknown,
): ErgateError {
  return new ErgateError(code, message, { path: "--jobs", cause });
}
