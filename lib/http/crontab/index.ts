import { z } from "zod";
import { ErgateError } from "../../base/error.ts";
import { limits } from "../../base/limits.ts";
import type { Handler, HttpParts, Routes } from "../app.ts";
import { formOf } from "../body.ts";
import { changesCommands, needs } from "../guard.ts";
import { type CrontabJob, listJobs, removeJob, saveJob } from "./jobs.ts";
import { logOf } from "./log.ts";

/**
 * The API of go-crontab's master, so that its own page works on it. Whatever comes of a request
 * stands in its envelope under the status 200: `errno` 0, or -1 with the reason. What it takes from
 * anybody is checked here, and what changes something comes by POST.
 */
export function crontab(prefix: string): Routes {
  return (app, parts) => {
    const change = changesCommands(parts);
    const [read, operate] = [needs("read"), needs("operate")];
    const on = (path: string, right: Handler, run: Run, method: "POST" | "ALL" = "ALL") => {
      app.all(`${prefix}${path}`, right, answering(parts, run, method));
    };
    on("/job/save", change, save, "POST");
    on("/job/delete", change, remove, "POST");
    on("/job/kill", operate, kill, "POST");
    on("/job/list", read, ({ client }) => listJobs(client));
    on("/job/log", read, log);
    on("/worker/list", read, workers);
  };
}

type Run = (parts: HttpParts, form: URLSearchParams) => Promise<unknown>;

const jobShape: z.ZodType<CrontabJob> = z.object({
  name: z.string().min(1),
  command: z.string().min(1),
  cronExpr: z.string().min(1),
});

async function save({ client }: HttpParts, form: URLSearchParams): Promise<CrontabJob | null> {
  const { data, error } = jobShape.safeParse(jsonIn(required(form, "job")));
  const [issue] = error?.issues ?? [];
  if (data === undefined)
    throw bad(["job", ...(issue?.path ?? [])].join("."), String(issue?.message));
  return saveJob(client, data);
}

async function remove({ client }: HttpParts, form: URLSearchParams): Promise<CrontabJob | null> {
  return removeJob(client, required(form, "name"));
}

/** Theirs tells nothing of what came of it; it answers at once, and so does this. */
async function kill({ client }: HttpParts, form: URLSearchParams): Promise<string> {
  const name = required(form, "name");
  try {
    return await client.commands.kill(name, { timeout: limits.crontabKillMs });
  } catch (error) {
    // The stop is stored, and holds.
    if (error instanceof ErgateError && error.code === "ERR_ERGATE_WAIT_TIMEOUT") return "asked";
    throw error;
  }
}

async function log({ client }: HttpParts, form: URLSearchParams): Promise<unknown> {
  const limit = wholeIn(form, "limit", limits.crontabLogRows);
  return logOf(client.schedules, required(form, "name"), wholeIn(form, "skip", 0), limit);
}

/** Where theirs has an address, one a machine: of ours several may be on one. */
async function workers({ client }: HttpParts): Promise<string[]> {
  const all = await client.workers.list();
  return all.filter(({ status }) => status === "healthy").map(({ host, pid }) => `${host}:${pid}`);
}

/** Faults of ours go on to the app, which logs them. */
function answering(parts: HttpParts, run: Run, method: "POST" | "ALL"): Handler {
  return async (c) => {
    try {
      if (method === "POST" && c.req.method !== "POST") throw bad("method", "this takes POST");
      const form = method === "POST" ? await formOf(c.req.raw) : await anyFormOf(c.req.raw);
      return c.json({ errno: 0, msg: "success", data: (await run(parts, form)) ?? null });
    } catch (error) {
      if (!(error instanceof ErgateError)) throw error;
      return c.json({ errno: -1, msg: error.message, data: null });
    }
  };
}

/** What only reads takes its fields from the address, too. */
async function anyFormOf(request: Request): Promise<URLSearchParams> {
  const fields = new URL(request.url).searchParams;
  if (request.method !== "POST") return fields;
  for (const [name, value] of await formOf(request)) fields.set(name, value);
  return fields;
}

function required(form: URLSearchParams, name: string): string {
  const value = form.get(name) ?? "";
  if (value === "") throw bad(name, "is missing");
  return value;
}

/** A number that is none counts as not given, as theirs does. */
function wholeIn(form: URLSearchParams, name: string, otherwise: number): number {
  const value = form.get(name) ?? "";
  return /^\d{1,15}$/.test(value) ? Number(value) : otherwise;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw bad("job", "is no JSON");
  }
}

function bad(path: string, problem: string): ErgateError {
  return new ErgateError("ERR_ERGATE_OPTION", `${path}: ${problem}`, { path });
}
