import { relative } from "node:path";
import { durationMs } from "../base/duration.ts";
import { ErgateError, messageOf } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import type { Runtime } from "../client/client.ts";
import type { RuntimeOptions, StorageOptions } from "../client/options.ts";
import type { Call, Command } from "./command.ts";
import { databaseFile, shared } from "./database.ts";
import { storageOptions } from "./options.ts";
import { type Config, configOf, configOptions, withSource } from "./serve-config.ts";
import { httpOf, serveHttpOptions, withAdvice } from "./serve-http.ts";
import { loadJobs, type Served } from "./serve-jobs.ts";
import { firstSignal } from "./signals.ts";
import { counted } from "./text.ts";

export const serve: Command = {
  name: "serve",
  words: "[--jobs PATH…]",
  most: Number.POSITIVE_INFINITY,
  summary: "run jobs and schedules of modules, and serve them over HTTP, until SIGTERM or SIGINT",
  details: [
    "PATH is a module, or a folder of modules, that exports job definitions: what defineJob",
    "returned, or plain objects such as { name, run } or { name, thread }. What modules export as",
    "`schedules` is declared, as createRuntime({ schedules }) does: what is no longer exported is",
    "removed. Where no module has that export, schedules stay as they are.",
    "FILE of --config holds options as createRuntime takes them; variables come before it, such as",
    "ERGATE_PORT, ERGATE_LOG_LEVEL, ERGATE_RETENTION_DEAD, and options of the call before both.",
    "A second signal ends the process at once.",
    "Prints one line when it listens, such as: listening on http://127.0.0.1:9321",
  ],
  options: {
    ...storageOptions,
    jobs: { value: "PATH", many: true, help: "modules or folders of modules" },
    concurrency: {
      value: "N",
      help: `handlers in the loop at once (default ${limits.loopConcurrency})`,
    },
    threads: { value: "N", help: "CPU threads (default: the cores)" },
    grace: { value: "TIME", help: "for a clean stop (default: ERGATE_GRACE, else 25s)" },
    ...configOptions,
    ...serveHttpOptions,
  },
  async run(call) {
    const { args, hooks, start } = call;
    const graceMs = graceOf(call);
    const counts = countsOf(call);
    const config = await configOf(call);
    const http = httpOf(call, config.http);
    const named = { file: args.text("config") ?? "", schedules: config.schedules };
    const served = await loadJobs([...args.texts("jobs"), ...args.words], start, named);
    const file = servedFile(call, config);
    const own = shared(call);
    const createRuntime = await hooks.createRuntime();
    const signal = firstSignal();
    const runtime = await createRuntime({
      ...{ ...config, ...counts, ...own, jobs: served.jobs },
      logger: config.logger ?? own.logger,
      storage: { ...(config.storage as StorageOptions | undefined), file },
      ...(served.schedules !== undefined && { schedules: served.schedules }),
      ...{ http },
    } as RuntimeOptions).catch((error) => {
      throw withSource(error, call);
    });
    await started(runtime);
    tell(call, served, file, runtime.listening?.url);
    return untilEnd(runtime, signal, graceMs, call);
  },
};

/** Its one line on stdout says where it listens; what else people may want goes beside it. */
function tell(
  call: Call,
  { jobs, schedules }: Served,
  file: string,
  url: string | undefined,
): void {
  const { out, start } = call;
  const names = { jobs: jobs.map(({ name }) => name), schedules: Object.keys(schedules ?? {}) };
  const shown = relative(start, file).startsWith("..") ? file : relative(start, file);
  const what = [counted(jobs.length, "job")];
  if (schedules !== undefined) what.push(counted(names.schedules.length, "schedule"));
  const serving = `ergate: serving ${shown} with ${what.join(" and ")} (pid ${process.pid})`;
  if (!out.json && url !== undefined) out.note(serving);
  out.answer({ serving: file, ...names, pid: process.pid, url }, () =>
    url === undefined ? serving : `listening on ${url}`,
  );
}

/** A runtime that could not start still holds its file and threads. */
async function started(runtime: Runtime): Promise<void> {
  try {
    await runtime.start();
  } catch (error) {
    await runtime.stop({ graceMs: 0 });
    throw withAdvice(error);
  }
}

async function untilEnd(
  runtime: Runtime,
  signal: Promise<string>,
  graceMs: number,
  { out }: Call,
): Promise<number> {
  try {
    const name = await Promise.race([signal, runtime.failed]);
    if (!out.json) out.note(`ergate: ${name}: stopping`);
  } catch (error) {
    out.error(error instanceof ErgateError ? error : new Error(`it gave up: ${messageOf(error)}`));
    await runtime.stop({ graceMs: 0 }).catch(() => {});
    return 1;
  }
  await runtime.stop({ graceMs });
  return 0;
}

/** `--db`, else ERGATE_DB, else the configured one. */
function servedFile(call: Call, { storage }: Config): string {
  const configured = (storage as StorageOptions | undefined)?.file;
  const named = call.args.text("db") ?? call.machine.env.ERGATE_DB;
  return named || configured === undefined ? databaseFile(call) : configured;
}

function graceOf({ args, machine }: Call): number {
  const { ERGATE_GRACE: fromEnv } = machine.env;
  const grace = args.duration("grace") ?? (fromEnv || undefined);
  if (grace === undefined) return limits.stopGraceMs;
  return durationMs(/^\d+$/.test(grace) ? Number(grace) : grace, "ERGATE_GRACE");
}

function countsOf({ args }: Call): Pick<RuntimeOptions, "concurrency" | "threads"> {
  const concurrency = args.integer("concurrency", 1, limits.loopConcurrencyMax);
  const threads = args.integer("threads", 1, limits.threadsMax);
  return {
    ...(concurrency === undefined ? {} : { concurrency }),
    ...(threads === undefined ? {} : { threads }),
  };
}
