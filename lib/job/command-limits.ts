import type { Duration } from "../base/duration.ts";
import { Fields, optionError } from "./fields.ts";

/** What the system shall bound for a command and what it starts. */
export interface ResourceLimits {
  /** CPU time of each process, in whole seconds: SIGXCPU at the limit, SIGKILL 5 s past it. */
  cpu?: Duration;
  /** Address space of each process; runtimes that reserve much of it (Node, Java) need far more. */
  memoryBytes?: number;
  /** The largest file that it may write: SIGXFSZ past it. Rounded up to 512 bytes. */
  fileBytes?: number;
  /** Open file descriptors of each process. */
  openFiles?: number;
  /** Processes of the same user, of all programs. Root is exempt, so that it is refused there. */
  processes?: number;
  /** Added to the niceness, 0 to 19: higher gives way to others. */
  nice?: number;
}

/** The system on which a command is to run. */
export interface CommandPlatform {
  readonly platform: NodeJS.Platform;
  readonly isRoot: boolean;
}

/** One limit as a step of the shell that sets it. */
export interface LimitStep {
  readonly name: string;
  readonly value: number;
  /** What the shell runs; a failure refuses the start. Undefined for `nice`, which wraps. */
  readonly script: string | undefined;
}

const hardCpuSeconds = 5;
const most = Number.MAX_SAFE_INTEGER;

/**
 * Checks a command's `limits`. Throws ERR_ERGATE_OPTION or ERR_ERGATE_DURATION with the path of the
 * bad field, also for what the platform can't keep: a limit is never left out in silence.
 */
export function parseLimits(
  value: unknown,
  path: string,
  { platform, isRoot }: CommandPlatform,
): readonly LimitStep[] {
  if (value === undefined) return [];
  const fields = new Fields(value, path, Object.keys(steps));
  const found = Object.keys(steps).filter((name) => fields.raw(name) !== undefined);
  for (const name of found) {
    const reason = refusal(name, platform, isRoot);
    if (reason !== undefined) throw optionError(fields.at(name), reason);
  }
  return found.map((name) => (steps[name] as (fields: Fields) => LimitStep)(fields));
}

const steps: Readonly<Record<string, (fields: Fields) => LimitStep>> = {
  cpu(fields) {
    const seconds = Math.ceil((fields.durationMs("cpu") as number) / 1000);
    if (seconds === 0) throw optionError(fields.at("cpu"), "must be longer than 0");
    const script = `ulimit -S -t ${seconds} && ulimit -H -t ${seconds + hardCpuSeconds}`;
    return { name: "cpu", value: seconds, script };
  },
  memoryBytes: (fields) => step(fields, "memoryBytes", (bytes) => `-v ${Math.ceil(bytes / 1024)}`),
  fileBytes: (fields) => step(fields, "fileBytes", (bytes) => `-f ${Math.ceil(bytes / 512)}`),
  openFiles: (fields) => step(fields, "openFiles", (count) => `-n ${count}`),
  processes(fields) {
    const value = fields.integer("processes", 1, most) as number;
    // Dash and BusyBox call it -p, which is the pipe's size in bash: that can't be set there.
    return { name: "processes", value, script: `ulimit -u ${value} || ulimit -p ${value}` };
  },
  nice: (fields) => ({
    name: "nice",
    value: fields.integer("nice", 0, 19) as number,
    script: undefined,
  }),
};

function step(fields: Fields, name: string, option: (value: number) => string): LimitStep {
  const value = fields.integer(name, 1, most) as number;
  return { name, value, script: `ulimit ${option(value)}` };
}

function refusal(name: string, platform: NodeJS.Platform, isRoot: boolean): string | undefined {
  if (platform !== "linux" && platform !== "darwin") {
    return `can't be kept on ${platform}: limits are for Linux and macOS`;
  }
  if (name === "memoryBytes" && platform === "darwin") return "can't be kept on macOS";
  if (name === "processes" && isRoot) {
    return "can't be kept for root, whom the system exempts: run as another user";
  }
  return undefined;
}
