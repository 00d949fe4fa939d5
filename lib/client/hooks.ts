import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import { type Status, statusOf } from "../hook/job-stats.ts";
import { hookId, seqOfHookId } from "../hook/sign.ts";
import { Fields, optionError } from "../job/fields.ts";
import { type HookEvent, type HookOptions, hookTextOf, storedHook } from "../job/hook.ts";
import { anywhere, checkHookUrl, type HookRules } from "../job/hook-rules.ts";
import type { JobId, Page } from "../job/job.ts";
import type { DisabledHook, HookChoice, HookRow } from "../protocol/hook.ts";
import type { PageOptions } from "./client.ts";
import { idGiven } from "./given.ts";
import type { LocalParts } from "./parts.ts";

/** An event of a status hook that is not told yet, or was given up. Times in ms since the epoch. */
export interface HookDelivery {
  /** The `webhook-id` that its receiver gets, at each attempt. */
  id: string;
  jobId: JobId;
  url: string;
  event: HookEvent;
  /** As it is posted. */
  status: Status;
  state: "waiting" | "dead";
  attempts: number;
  createdAt: number;
  /** When it is tried next; undefined: not its job's turn, or dead. */
  nextAt: number | undefined;
  deadAt: number | undefined;
  lastError: string | undefined;
}

export interface HookListOptions extends PageOptions {
  state?: "waiting" | "dead";
  job?: JobId;
  url?: string;
}

/** A `webhook-id`, or all dead ones of an address or of a job. */
export type ResendChoice = string | { url: string } | { job: JobId };

export interface HooksClient {
  /**
   * Sets the hook of a job that is not final, in place of the one it has, and switches its address
   * on. It hears of moves from now on. Rejects with ERR_ERGATE_HOOK_URL, ERR_ERGATE_OPTION,
   * ERR_ERGATE_JOB_NOT_FOUND or ERR_ERGATE_JOB_STATE.
   */
  register(jobId: JobId, hook: string | HookOptions): Promise<void>;
  /** Newest first. A page may be short of its limit and still have a `next`. */
  list(options?: HookListOptions): Promise<Page<HookDelivery>>;
  /** Sends dead ones again, for another day; resolves with how many. */
  resend(which: ResendChoice): Promise<number>;
  /**
   * What waits for the address, and what comes later, is dead: as after its answer 410. Resolves
   * with whether that changed anything.
   */
  disable(url: string): Promise<boolean>;
  /** What comes from now on is sent again. Dead events stay, until they are resent. */
  enable(url: string): Promise<boolean>;
  /** The addresses that are switched off. */
  disabled(): Promise<DisabledHook[]>;
}

export interface HookParts extends LocalParts {
  hookRules: HookRules;
}

export function localHooks(parts: HookParts): HooksClient {
  return {
    register: (jobId, hook) => register(parts, jobId, hook),
    list: (options = {}) => list(parts, options),
    resend: (which) => resend(parts, which),
    async disable(url) {
      const asked = {
        type: "disableHook",
        url: hrefOf(url),
        reason: "switched off by hand",
      } as const;
      return (await parts.ask({ ...asked, now: parts.clock.now() })).changed;
    },
    enable: async (url) => (await parts.ask({ type: "enableHook", url: hrefOf(url) })).changed,
    disabled: async () => [...(await parts.read({ type: "disabledHooks" }))],
  };
}

async function register(
  parts: HookParts,
  jobId: JobId,
  given: string | HookOptions,
): Promise<void> {
  const id = idGiven(jobId);
  const hook = hookTextOf(given, "hook", parts.hookRules);
  const answer = await parts.ask({ type: "registerHook", id, hook, url: storedHook(hook).url });
  switch (answer.type) {
    case "registered":
      return;
    case "unknown":
      throw new ErgateError("ERR_ERGATE_JOB_NOT_FOUND", `no job has the id ${id}`, { id });
    case "final": {
      const message = `the job is ${answer.state}: it has nothing more to tell`;
      throw new ErgateError("ERR_ERGATE_JOB_STATE", message, { id });
    }
    default:
      answer satisfies never;
  }
}

async function list(parts: HookParts, options: HookListOptions): Promise<Page<HookDelivery>> {
  const { state, job, url, cursor, limit } = hookListGiven(options);
  const query = { type: "hooks", state, job, url, cursor, limit } as const;
  const { items, next } = await parts.read(query);
  return { items: items.map(deliveryOf), next };
}

/** Throws ERR_ERGATE_OPTION or ERR_ERGATE_HOOK_URL with the path of the bad field. */
export function hookListGiven(options: HookListOptions) {
  const fields = new Fields(options, "options", ["state", "job", "url", "cursor", "limit"]);
  const url = fields.string("url");
  return {
    state: fields.oneOf("state", ["waiting", "dead"] as const),
    job: fields.string("job"),
    url: url === undefined ? undefined : hrefOf(url),
    cursor: fields.string("cursor"),
    limit: fields.integer("limit", 1, limits.pageRows) ?? limits.pageRowsDefault,
  };
}

async function resend(parts: HookParts, which: ResendChoice): Promise<number> {
  const choice = await choiceOf(parts, resendGiven(which));
  if (choice === undefined) return 0;
  let count = 0;
  let after: number | undefined = 0;
  while (after !== undefined) {
    const page = { after, limit: limits.hookResendRows, now: parts.clock.now() };
    const answer: { resent: number; next: number | undefined } = await parts.ask({
      ...{ type: "resendHooks", which: choice, ...page },
    });
    count += answer.resent;
    after = answer.next;
  }
  return count;
}

/** Throws ERR_ERGATE_OPTION or ERR_ERGATE_HOOK_URL. */
export function resendGiven(which: ResendChoice): ResendChoice {
  if (typeof which === "string") return idGiven(which);
  const fields = new Fields(which, "which", ["url", "job"]);
  const [url, job] = [fields.string("url"), fields.string("job")];
  if (url !== undefined && job === undefined) return { url: hrefOf(url) };
  if (job !== undefined && url === undefined) return { job };
  throw optionError("which", "must be an id, { url } or { job }");
}

/** An id of another file, or of an event that is no more, is none of ours. */
async function choiceOf(parts: HookParts, which: ResendChoice): Promise<HookChoice | undefined> {
  if (typeof which !== "string") return which;
  const seq = seqOfHookId(which);
  if (seq === undefined) return undefined;
  const row = await parts.read({ type: "hook", seq });
  return row !== undefined && hookId(row) === which ? { seq } : undefined;
}

function hrefOf(url: string): string {
  return checkHookUrl(url, anywhere, "url").href;
}

function deliveryOf(row: HookRow): HookDelivery {
  const { job: jobId, url, event, attempts, createdAt, dueAt: nextAt, deadAt, error } = row;
  return {
    ...{ id: hookId(row), jobId, url, event, attempts, createdAt, nextAt, deadAt },
    status: event === "checkIn" ? "Running" : statusOf(event),
    state: deadAt === undefined ? "waiting" : "dead",
    lastError: error,
  };
}
