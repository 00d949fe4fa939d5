import { cancelJob, discard, retryAfter, snooze } from "../../../lib/thread/handler.ts";

/** Ends as it is told. */
export default function thrower(args: { how: string; at?: number }): unknown {
  switch (args.how) {
    case "busy":
      throw Object.assign(new Error("busy"), { headers: new Headers({ "Retry-After": "3600" }) });
    case "later":
      return retryAfter(new Date(args.at ?? 0), new Error("not yet"));
    case "panic":
      setImmediate(() => {
        throw new Error("out of any try");
      });
      return new Promise(() => {});
    case "aggregate":
      throw new AggregateError([new Error("first"), new Error("second")], "both failed");
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
