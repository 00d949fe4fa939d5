import { type Duration, durationMs } from "../base/duration.ts";
import { ErgateError } from "../base/error.ts";
import { nearest } from "../base/nearest.ts";
import { callProblem } from "./callable.ts";

/** Reads a user's options object field by field, and refuses what it does not know. */
export class Fields {
  readonly path: string;
  private readonly value: Record<string, unknown>;

  /** Throws ERR_ERGATE_OPTION unless `value` is an object whose keys are all in `known`. */
  constructor(value: unknown, path: string, known: readonly string[]) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw optionError(path === "" ? "options" : path, "must be an object");
    }
    this.path = path;
    this.value = value as Record<string, unknown>;
    for (const key of Object.keys(value)) {
      if (!known.includes(key)) {
        throw optionError(join(path, key), unknownKey(key, known));
      }
    }
  }

  at(key: string): string {
    return join(this.path, key);
  }

  raw(key: string): unknown {
    return this.value[key];
  }

  /** A whole number in [min, max], or undefined where not given. */
  integer(key: string, min: number, max: number): number | undefined {
    const value = this.value[key];
    if (value === undefined) return undefined;
    if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
      throw optionError(this.at(key), `must be a whole number from ${min} to ${max}`);
    }
    return value as number;
  }

  /** Any number in [min, max], or undefined where not given. */
  number(key: string, min: number, max: number): number | undefined {
    const value = this.value[key];
    if (value === undefined) return undefined;
    if (typeof value !== "number" || !(value >= min && value <= max)) {
      throw optionError(this.at(key), `must be a number from ${min} to ${max}`);
    }
    return value;
  }

  durationMs(key: string): number | undefined {
    const value = this.value[key];
    return value === undefined ? undefined : durationMs(value as Duration, this.at(key));
  }

  /** A Date or milliseconds since the epoch, as whole milliseconds. */
  time(key: string): number | undefined {
    const value = this.value[key];
    if (value === undefined) return undefined;
    const ms = value instanceof Date ? value.getTime() : value;
    if (typeof ms === "number" && Number.isFinite(ms)) return Math.ceil(ms);
    throw optionError(this.at(key), "must be a Date or milliseconds since the epoch");
  }

  string(key: string): string | undefined {
    return this.typed(key, "string");
  }

  boolean(key: string): boolean | undefined {
    return this.typed(key, "boolean");
  }

  /** One of another realm or of a polyfill will do. */
  signal(key: string): AbortSignal | undefined {
    const value = this.value[key] as AbortSignal | undefined | null;
    if (value === undefined) return undefined;
    if (typeof value === "object" && typeof value?.addEventListener === "function") return value;
    throw optionError(this.at(key), "must be an AbortSignal");
  }

  /** `shape`: how it will be called, for the refusal. */
  function<F>(key: string, shape: string): F | undefined {
    const value = this.value[key];
    if (value === undefined) return undefined;
    const problem = callProblem(value, shape);
    if (problem !== undefined) throw optionError(this.at(key), problem);
    return value as F;
  }

  oneOf<T extends string>(key: string, allowed: readonly T[]): T | undefined {
    const value = this.value[key];
    if (value === undefined) return undefined;
    if (!allowed.includes(value as T)) {
      throw optionError(this.at(key), `must be one of ${allowed.join(", ")}`);
    }
    return value as T;
  }

  private typed<T>(key: string, type: "string" | "boolean"): T | undefined {
    const value = this.value[key];
    if (value !== undefined && typeof value !== type) {
      throw optionError(this.at(key), `must be a ${type}`);
    }
    return value as T | undefined;
  }
}

export function optionError(path: string, problem: string): ErgateError {
  return new ErgateError("ERR_ERGATE_OPTION", `${path} ${problem}`, { path });
}

function unknownKey(key: string, known: readonly string[]): string {
  const meant = nearest(key, known);
  const guess = meant === undefined ? ";" : `: did you mean ${meant}?`;
  return `is no option${guess} known are ${known.join(", ")}`;
}

function join(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}
