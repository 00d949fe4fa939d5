import { cancelJob, discard, retryAfter, snooze } from "../../../lib/thread/handler.ts";

/** Ends as it is told. */
export default function thrower(args: { how: string }): unknown {
  switch (args.how) {
    case "error":
      throw new TypeError("of its own", { cause: new Error("the cause") });
    case "text":
      throw "just text";
    case "nothing":
      throw undefined;
    case "discard":
      return discard("no use");
    case "cancelJob":
      throw cancelJob("not now");
    case "snooze":
      return snooze("1h");
    case "retryAfter":
      throw retryAfter("2h");
    default:
      return new Map();
  }
}
