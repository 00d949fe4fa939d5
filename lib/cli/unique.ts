import type { UniqueOptions } from "../job/unique.ts";
import type { Args, OptionSpecs } from "./options.ts";

/** How `enqueue` says that a job is unique. */
export const uniqueOptions = {
  unique: { help: "one job at a time with these arguments, or as the next ones say" },
  "unique-by": { value: "FIELD", many: true, help: "by a field of the arguments, such as user.id" },
  "unique-key": { value: "KEY", help: "by a key of your own" },
  "unique-until": { value: "WHEN", help: "done (default), started, or a period such as 10m" },
  "on-conflict": { value: "WHAT", help: "keep (default), replace or reject" },
  "replace-time": { help: "with --on-conflict replace: the waiting job's time, too" },
} as const satisfies OptionSpecs;

/** Undefined: as the job's definition says. */
export function uniqueOf(args: Args): true | UniqueOptions | undefined {
  const unique: UniqueOptions = {};
  const fields = args.texts("unique-by");
  const key = args.text("unique-key");
  if (fields.length > 0 && key !== undefined) {
    throw args.wrong("--unique-by and --unique-key exclude each other");
  }
  if (fields.length > 0) unique.by = fields;
  if (key !== undefined) unique.by = { key };
  const until = args.text("unique-until");
  if (until === "done" || until === "started") unique.until = until;
  else if (until !== undefined) unique.until = args.duration("unique-until") ?? "done";
  const conflict = args.text("on-conflict");
  if (conflict === "keep" || conflict === "replace" || conflict === "reject") {
    unique.onConflict = conflict;
  } else if (conflict !== undefined) {
    throw args.wrong("--on-conflict must be keep, replace or reject");
  }
  if (args.flag("replace-time")) unique.runAt = "replace";
  if (Object.keys(unique).length > 0) return unique;
  return args.flag("unique") ? true : undefined;
}
