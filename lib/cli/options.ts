import { type ParseArgsConfig, parseArgs } from "node:util";
import { systemClock } from "../base/clock.ts";
import { type Duration, durationMs } from "../base/duration.ts";
import { messageOf } from "../base/error.ts";
import { UsageError } from "./usage.ts";

/** One option of a command. Without `value` it is a switch. */
export interface OptionSpec {
  /** What stands for its value in the help, such as `FILE`. */
  value?: string;
  many?: boolean;
  short?: string;
  help: string;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** What every command that opens a file takes. */
export const storageOptions = {
  db: { value: "FILE", help: "the database (default: ERGATE_DB, else ergate.db)" },
  namespace: { value: "NAME", help: "jobs and workers of another namespace are invisible" },
} as const satisfies OptionSpecs;

/** What every command takes that works on a file or on a server. */
export const clientOptions = {
  ...storageOptions,
  url: { value: "URL", help: "a server in place of a file (default: ERGATE_URL)" },
  "secret-file": { value: "FILE", help: "holds its secret (else ERGATE_SECRET or CORE_SECRET)" },
} as const satisfies OptionSpecs;

export const commonOptions = {
  json: { help: "print JSON, for programs" },
  help: { short: "h", help: "print this help" },
} as const satisfies OptionSpecs;

type Values = Record<string, string | boolean | (string | boolean)[] | undefined>;

/** A command's words and options, read by name; a value that makes no sense is wrong usage. */
export class Args {
  readonly words: readonly string[];
  readonly #values: Values;
  readonly #command: string;

  constructor(command: string, words: readonly string[], values: Values) {
    this.#command = command;
    this.words = words;
    this.#values = values;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === "string" ? value : undefined;
  }

  texts(name: string): string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.map(String) : [];
  }

  integer(name: string, least: number, most: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = /^[-+]?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw this.wrong(`--${name} must be a whole number from ${least} to ${most}`);
  }

  /** The text as it is, once it was seen to be a duration. */
  duration(name: string): string | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = plainMs(text);
    try {
      durationMs(value, `--${name}`);
    } catch (error) {
      throw this.wrong(messageOf(error));
    }
    return typeof value === "number" ? `${value}ms` : value;
  }

  /** A date that JavaScript reads, or a duration: so long ago. */
  time(name: string, now = systemClock.now()): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const at = /^\d+(\.\d+)?[a-z]+$/.test(text)
      ? now - durationMs(this.duration(name) as Duration, `--${name}`)
      : Date.parse(text);
    if (Number.isFinite(at)) return at;
    throw this.wrong(`--${name} must be a time such as 2030-01-31T12:00Z, or so long ago: 90m`);
  }

  oneOf<T extends string>(name: string, known: readonly T[]): T[] {
    const given = this.texts(name).flatMap((text) => text.split(","));
    for (const text of given) {
      if (known.includes(text as T)) continue;
      throw this.wrong(`--${name} is "${text}": it is one of ${known.join(", ")}`);
    }
    return given as T[];
  }

  choice<T extends string>(name: string, known: readonly T[]): T | undefined {
    const text = this.text(name);
    if (text === undefined || known.includes(text as T)) return text as T | undefined;
    throw this.wrong(`--${name} is "${text}": it is one of ${known.join(", ")}`);
  }

  wrong(message: string): UsageError {
    return new UsageError(message, this.#command);
  }
}

/** Throws UsageError for an option that is unknown, lacks its value or has one too many. */
export function parseOptions(command: string, specs: OptionSpecs, argv: readonly string[]): Args {
  const options: NonNullable<ParseArgsConfig["options"]> = {};
  for (const [name, { value, many = false, short }] of Object.entries(specs)) {
    const type = value === undefined ? "boolean" : "string";
    options[name] = { type, multiple: many, ...(short === undefined ? {} : { short }) };
  }
  try {
    const parsed = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
    return new Args(command, parsed.positionals, parsed.values);
  } catch (error) {
    throw new UsageError(firstSentence(messageOf(error)), command);
  }
}

/** Plain numbers are milliseconds here as everywhere. */
function plainMs(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text;
}

/** Node adds advice about `--` that helps nobody here. */
function firstSentence(text: string): string {
  return (text.split(/\.\s/, 1)[0] as string).replace(/\s+/g, " ");
}
