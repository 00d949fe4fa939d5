import { defineJob } from "../../actors/index.ts";
import { aborted } from "../actors/kit.ts";
import { call, type Got } from "./kit.ts";

/** The jobservice's API, spoken to as its own clients do. */

export interface Stats {
  id: string;
  status: string;
  [field: string]: unknown;
}

export function jobservice(port: number, secret?: string) {
  const headers = secret === undefined ? {} : { authorization: `Harbor-Secret ${secret}` };
  const at = "/api/v1/jobs";
  const send = (method: string, path: string, body?: unknown) =>
    call(port, method, path, { headers, ...(body === undefined ? {} : { body }) });
  const client = {
    submit: (job: unknown) => send("POST", at, { job }),
    get: (id: string) => send("GET", `${at}/${id}`),
    act: (id: string, action: unknown) => send("POST", `${at}/${id}`, { action }),
    log: (id: string) => send("GET", `${at}/${id}/log`),
    executions: (id: string, query = "") => send("GET", `${at}/${id}/executions${query}`),
    list: (query = "") => send("GET", `${at}${query}`),
    stats: () => send("GET", "/api/v1/stats"),
    send,
    /** The stats of a job that was submitted, or is there. */
    async made(job: unknown): Promise<Stats> {
      return statsIn(await client.submit(job));
    },
    async status(id: string): Promise<string> {
      return statsIn(await client.get(id)).status;
    },
  };
  return client;
}

export function statsIn({ body }: Got): Stats {
  return body.job as Stats;
}

export function listed({ body }: Got): Stats[] {
  return (body as unknown as { job: Stats }[]).map(({ job }) => job);
}

export function generic(name: string, parameters: unknown = {}, metadata: object = {}) {
  return { name, parameters, metadata: { kind: "Generic", unique: false, ...metadata } };
}

export function scheduled(name: string, delay: number, parameters: unknown = {}, more = {}) {
  return generic(name, parameters, { kind: "Scheduled", schedule_delay: delay, ...more });
}

export function periodic(name: string, cron: string, parameters: unknown = {}) {
  return generic(name, parameters, { kind: "Periodic", cron_spec: cron });
}

export const echo = defineJob("echo", { run: (args: unknown) => args });

export const faulty = defineJob("faulty", {
  maxAttempts: 1,
  run: () => Promise.reject(new Error("no such image")),
});

/** Runs until it is asked to end, and ends so. `entered` resolves with the run's id. */
export function holding(name = "hold") {
  const entries: string[] = [];
  let told: (() => void) | undefined;
  const job = defineJob(name, {
    async run(_args: unknown, ctx) {
      entries.push(ctx.id);
      told?.();
      await aborted(ctx.signal);
      throw ctx.signal.reason;
    },
  });
  const until = async (isSo: () => boolean) => {
    while (!isSo()) {
      await new Promise<void>((resolve) => {
        told = resolve;
      });
    }
  };
  const entered = async (runs = 1) => {
    await until(() => entries.length >= runs);
    return entries;
  };
  return { job, entered, running: (id: string) => until(() => entries.includes(id)) };
}
