import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import type { HttpOptions } from "../client/http-options.ts";
import type { Call } from "./command.ts";
import type { Args, OptionSpecs } from "./options.ts";
import { fileText, secretOf, secretOptions } from "./secret.ts";

/** What `serve` takes for its HTTP server. */
export const serveHttpOptions = {
  port: { value: "PORT", help: `to listen on, 0: any free one (default ${limits.httpPort})` },
  host: { value: "ADDRESS", help: "any but loopback needs a secret (default 127.0.0.1)" },
  ...secretOptions,
  "tls-cert": { value: "FILE", help: "the PEM certificate chain of a server with TLS" },
  "tls-key": { value: "FILE", help: "its key" },
  hosts: { value: "NAME", many: true, help: "names besides loopback ones that it answers to" },
  "allow-commands": { help: "let commands be changed without a secret" },
  "no-http": { help: "listen on no port" },
} as const satisfies OptionSpecs;

/** Undefined: it does not listen. What the call says comes before the `configured`. */
export function httpOf(call: Call, configured: HttpOptions = {}): HttpOptions | undefined {
  const { args } = call;
  if (args.flag("no-http")) {
    const other = Object.keys(serveHttpOptions).find(
      (name) => name !== "no-http" && isGiven(args, name),
    );
    if (other === undefined) return undefined;
    throw args.wrong(`--no-http excludes --${other}`);
  }
  const host = args.text("host");
  const secret = secretOf(call);
  const tls = tlsOf(call);
  const port = args.integer("port", 0, 65_535);
  const hosts = args.texts("hosts").flatMap((names) => names.split(","));
  return {
    ...configured,
    ...(port === undefined ? {} : { port }),
    ...(hosts.length === 0 ? {} : { hosts }),
    ...(args.flag("allow-commands") ? { allowCommands: true } : {}),
    ...(host === undefined ? {} : { host }),
    ...(secret === undefined ? {} : { secret }),
    ...(tls === undefined ? {} : { tls }),
  };
}

function isGiven(args: Args, name: string): boolean {
  return args.flag(name) || args.text(name) !== undefined || args.texts(name).length > 0;
}

/** Says what to do about a port that another process has. */
export function withAdvice(error: unknown): unknown {
  if (!(error instanceof ErgateError) || error.code !== "ERR_ERGATE_HTTP_LISTEN") return error;
  const message = `${error.message}; --port gives another port, --no-http none`;
  return new ErgateError(error.code, message, { path: "--port", cause: error });
}

function tlsOf(call: Call): HttpOptions["tls"] {
  const [cert, key] = [fileText(call, "tls-cert"), fileText(call, "tls-key")];
  if (cert !== undefined && key !== undefined) return { cert, key };
  if (cert === undefined && key === undefined) return undefined;
  throw call.args.wrong("--tls-cert and --tls-key go together");
}
