import { ErgateError, messageOf } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import { isDirective } from "../job/directive.ts";
import { checked, type StandardSchema } from "../job/schema.ts";
import type { MessageRow, RunOutcome } from "../protocol/bus.ts";
import type { Follow } from "./follow.ts";

/** Calls a callback for one message. Never rejects: what came of it is its answer. */
export async function deliver(
  follow: Follow,
  row: MessageRow,
  attempt: number,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const { event, id, revision, at } = row;
  const data = await dataOf(follow.schema, row.data);
  if (data.type === "refused") return data;
  try {
    const message = { event, id, revision, at, attempt, signal };
    return outcomeOf(await follow.run(data.value, message), signal);
  } catch (error) {
    if (isDirective(error)) return outcomeOf(error, signal);
    // A call that was interrupted has not failed: it is made again.
    return { type: "threw", error: textOf(error), attempted: !signal.aborted };
  }
}

type Data = { type: "taken"; value: unknown } | Extract<RunOutcome, { type: "refused" }>;

async function dataOf(schema: StandardSchema | undefined, text: string): Promise<Data> {
  try {
    const value: unknown = JSON.parse(text);
    if (schema === undefined) return { type: "taken", value };
    return { type: "taken", value: await checked(schema, value, "data") };
  } catch (error) {
    const path = error instanceof ErgateError ? error.path : undefined;
    return { type: "refused", reason: "schema", error: textOf(error), path };
  }
}

function outcomeOf(value: unknown, signal: AbortSignal): RunOutcome {
  if (!isDirective(value)) return { type: "took" };
  if (value.type !== "discard") {
    // It asks for something that only jobs have: for all that is known it did not take the message.
    const error = `a callback may discard its message; ${value.type} is for jobs`;
    return { type: "threw", error, attempted: !signal.aborted };
  }
  return { type: "refused", reason: "refused", error: cut(value.reason), path: undefined };
}

function textOf(error: unknown): string {
  return cut(messageOf(error));
}

function cut(text: string): string {
  return text.slice(0, limits.errorMessageChars);
}
