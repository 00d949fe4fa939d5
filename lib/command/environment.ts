import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import type { CommandSpec } from "../job/command.ts";
import { runMark, told } from "../job/command-environment.ts";

/** What a run tells its program, all of it in the environment. */
export interface CommandFacts {
  /** Of this run alone: what is left of it is found by it. ERGATE_RUN. */
  readonly runId: string;
  /** ERGATE_JOB_ID */
  readonly jobId: string;
  /** ERGATE_ATTEMPT */
  readonly attempt: number;
  /** Milliseconds since the epoch. ERGATE_PLANNED_AT, where the run is scheduled. */
  readonly plannedAt: number | undefined;
  /** JSON. ERGATE_ARGS, or stdin where the command says so. */
  readonly args: string | undefined;
}

/**
 * The whole environment of a run's program. Throws ERR_ERGATE_PAYLOAD_SIZE when the args are more
 * than a variable can hold: such a command takes them from stdin.
 */
export function environmentOf(
  spec: CommandSpec,
  facts: CommandFacts,
  host: NodeJS.ProcessEnv,
): Record<string, string> {
  const env: Record<string, string> = {
    [runMark]: facts.runId,
    ERGATE_JOB_ID: facts.jobId,
    ERGATE_ATTEMPT: String(facts.attempt),
  };
  if (facts.plannedAt !== undefined) env.ERGATE_PLANNED_AT = String(facts.plannedAt);
  if (facts.args !== undefined && spec.stdin.type !== "args") env.ERGATE_ARGS = fitting(facts.args);
  for (const [name, value] of Object.entries(host)) {
    if (value === undefined || told.includes(name)) continue;
    if (spec.inheritEnv.some((pattern) => matches(pattern, name))) env[name] = value;
  }
  return Object.assign(env, spec.env);
}

function fitting(args: string): string {
  const bytes = Buffer.byteLength(args);
  if (bytes <= limits.commandArgBytes) return args;
  throw new ErgateError(
    "ERR_ERGATE_PAYLOAD_SIZE",
    `the args are ${bytes} bytes, ERGATE_ARGS holds ${limits.commandArgBytes}: ` +
      'let the command read them, with stdin: { from: "args" }',
    { path: "args" },
  );
}

/** Names differ by case on every system but Windows, where the host's come in any. */
function matches(pattern: string, name: string): boolean {
  const plain = process.platform === "win32" ? name.toUpperCase() : name;
  return pattern.endsWith("*") ? plain.startsWith(pattern.slice(0, -1)) : plain === pattern;
}
