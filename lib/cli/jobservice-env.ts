import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { ErgateError, messageOf } from "../base/error.ts";
import type { HttpOptions } from "../client/http-options.ts";
import type { Call } from "./command.ts";

/** Variables of Harbor's jobservice, so that what starts it starts us; our own go before them. */

/** Each with the option that it sets. */
export const jobserviceVariables: Readonly<Record<string, string>> = {
  JOB_SERVICE_PORT: "http.port",
  JOB_SERVICE_POOL_WORKERS: "concurrency",
};

/**
 * The certificate and key that its protocol asks for. Throws ERR_ERGATE_OPTION for a protocol that
 * is none, and for files that are not named or can't be read.
 */
export function jobserviceTls({
  machine,
  start,
}: Pick<Call, "machine" | "start">): HttpOptions["tls"] {
  const { env } = machine;
  const protocol = env.JOB_SERVICE_PROTOCOL || "http";
  if (protocol === "http") return undefined;
  if (protocol !== "https") throw wrong("JOB_SERVICE_PROTOCOL", "must be http or https");
  const textOf = (name: string) => {
    const file = env[name];
    if (!file) throw wrong(name, "is missing: JOB_SERVICE_PROTOCOL is https");
    try {
      return readFileSync(resolve(start, file), "utf8");
    } catch (error) {
      throw wrong(name, `can't be read: ${messageOf(error)}`);
    }
  };
  return { cert: textOf("JOB_SERVICE_HTTPS_CERT"), key: textOf("JOB_SERVICE_HTTPS_KEY") };
}

function wrong(name: string, problem: string): ErgateError {
  return new ErgateError("ERR_ERGATE_OPTION", `${name} ${problem}`, { path: name });
}
