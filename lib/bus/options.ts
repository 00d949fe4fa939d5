import { limits } from "../base/limits.ts";
import { Fields, optionError } from "../job/fields.ts";
import { isSchema, type StandardSchema } from "../job/schema.ts";
import type { BusCallback, SubscribeOptions } from "./message.ts";

/** One subscription as it was asked for, checked. */
export interface SubscribeCall {
  readonly event: string;
  readonly name: string | undefined;
  readonly schema: StandardSchema | undefined;
  readonly run: BusCallback<unknown>;
  readonly attemptsMax: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

const nameForm = /^[\p{L}\p{N}._:/-]+$/u;
const known = ["schema", "run", "name", "attempts", "timeout", "signal"];

/** Throws ERR_ERGATE_OPTION or ERR_ERGATE_DURATION with the path of the bad field. */
export function parseSubscribe<Data>(
  event: unknown,
  given: SubscribeOptions<Data> | BusCallback<Data>,
): SubscribeCall {
  const checkedEvent = checkBusName(event, "event");
  const options = typeof given === "function" ? { run: given } : given;
  const fields = new Fields(options, "options", known);
  const run = fields.function<BusCallback<unknown>>("run", "(data, message) => …");
  if (run === undefined) throw optionError(fields.at("run"), "is missing");
  const schema = fields.raw("schema");
  if (schema !== undefined && !isSchema(schema)) {
    throw optionError(fields.at("schema"), "must be a Standard Schema");
  }
  const name = fields.string("name");
  const timeoutMs = fields.durationMs("timeout") ?? limits.busTimeoutMs;
  if (timeoutMs < 1 || timeoutMs > limits.busTimeoutMsMax) {
    throw optionError(fields.at("timeout"), `must be from 1 ms to ${limits.busTimeoutMsMax} ms`);
  }
  return {
    event: checkedEvent,
    name: name === undefined ? undefined : checkBusName(name, fields.at("name")),
    ...{ schema, run, timeoutMs },
    attemptsMax: fields.integer("attempts", 1, limits.busAttemptsMax) ?? limits.busAttempts,
    signal: fields.signal("signal"),
  };
}

/** The name of an event or of a subscription. Throws ERR_ERGATE_OPTION with the path. */
export function checkBusName(name: unknown, path: string): string {
  if (typeof name === "string" && name.length <= limits.nameChars && nameForm.test(name)) {
    return name;
  }
  throw optionError(path, `must have 1 to ${limits.nameChars} letters, digits and . _ : / -`);
}
