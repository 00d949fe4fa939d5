import { isIP } from "node:net";
import { limits } from "../base/limits.ts";
import type { HttpOptions, Right } from "../client/http-options.ts";
import { Fields, optionError } from "../job/fields.ts";

/** The options of a server, checked, with their defaults. */
export interface HttpSettings {
  /** False: it only answers `fetch`. */
  readonly listens: boolean;
  readonly port: number;
  readonly host: string;
  readonly secrets: readonly Secret[];
  readonly auth: HttpOptions["auth"];
  readonly tls: { readonly cert: string; readonly key: string } | undefined;
  /** Lower case. */
  readonly hosts: readonly string[];
  readonly allowCommands: boolean;
  readonly closeMs: number;
  readonly requestMs: number;
  readonly idleMs: number;
  readonly faces: readonly FaceSettings[];
}

const faceNames = ["gocraft", "crontab"] as const;

/** A listener that serves one of the other servers' APIs at its root. */
export interface FaceSettings {
  readonly name: (typeof faceNames)[number];
  readonly port: number;
  readonly host: string;
}

export interface Secret {
  readonly name: string;
  readonly secret: string;
  readonly rights: Right;
}

export const rights: readonly Right[] = ["read", "operate", "admin"];

const known = [
  ...[
    "listen",
    "port",
    "host",
    "secret",
    "secrets",
    "auth",
    "tls",
    "hosts",
    "allowCommands",
    "closeGrace",
  ],
  ...["requestTimeout", "idleTimeout", "faces"],
];

/**
 * Throws ERR_ERGATE_OPTION or ERR_ERGATE_DURATION with the path of the bad field; also for an
 * address that is not loopback, or for `listen: false`, where neither a secret nor `auth` is given.
 */
export function parseHttp(value: unknown, path = "http"): HttpSettings {
  const fields = new Fields(value, path, known);
  const host = fields.string("host") ?? "127.0.0.1";
  const secrets = secretsOf(fields);
  const auth = fields.function<NonNullable<HttpOptions["auth"]>>("auth", "(request) => rights");
  if (auth !== undefined && secrets.length > 0) {
    throw optionError(fields.at("auth"), "replaces secrets: give one or the other");
  }
  const isOpen = auth === undefined && secrets.length === 0;
  const listens = fields.boolean("listen") ?? true;
  if (!listens) checkMounted(fields, isOpen);
  if (isOpen) checkHost(host, fields.at("host"));
  const faces = facesOf(fields, host);
  for (const face of faces) if (isOpen) checkHost(face.host, `${path}.faces.${face.name}.host`);
  return {
    listens,
    port: fields.integer("port", 0, 65_535) ?? limits.httpPort,
    host,
    secrets,
    auth,
    tls: tlsOf(fields),
    hosts: hostsOf(fields),
    allowCommands: fields.boolean("allowCommands") ?? false,
    closeMs: fields.durationMs("closeGrace") ?? limits.httpCloseMs,
    requestMs: timeoutOf(fields, "requestTimeout") ?? limits.httpRequestMs,
    idleMs: timeoutOf(fields, "idleTimeout") ?? limits.httpIdleMs,
    faces,
  };
}

/** To Node none is no time-out at all. */
function timeoutOf(fields: Fields, name: string): number | undefined {
  const ms = fields.durationMs(name);
  if (ms === undefined || ms >= 1) return ms;
  throw optionError(fields.at(name), "must be at least 1 ms");
}

function checkMounted(fields: Fields, isOpen: boolean): void {
  const extra = ["port", "host", "tls", "faces"].find((name) => fields.raw(name) !== undefined);
  if (extra !== undefined) throw optionError(fields.at(extra), "goes with a server that listens");
  if (isOpen) throw optionError(fields.at("listen"), "is false: give a secret, or auth");
}

function checkHost(host: string, path: string): void {
  if (isLoopback(host)) return;
  throw optionError(path, `is ${host}, which others can reach: give a secret, or auth`);
}

function facesOf(fields: Fields, host: string): FaceSettings[] {
  if (fields.raw("faces") === undefined) return [];
  const faces = new Fields(fields.raw("faces"), fields.at("faces"), faceNames);
  return faceNames.flatMap((name) => {
    if (faces.raw(name) === undefined) return [];
    const given = new Fields(faces.raw(name), faces.at(name), ["port", "host"]);
    const port = given.integer("port", 0, 65_535);
    if (port === undefined) throw optionError(given.at("port"), "is missing");
    return [{ name, port, host: given.string("host") ?? host }];
  });
}

/** Only this machine reaches it. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, "$1");
  if (name === "localhost" || name.endsWith(".localhost") || name === "::1") return true;
  return isIP(name) === 4 && name.startsWith("127.");
}

function secretsOf(fields: Fields): Secret[] {
  const one = fields.string("secret");
  const all = one === undefined ? [] : [secretAt(fields.at("secret"), "default", one, "admin")];
  const list = fields.raw("secrets") ?? [];
  const path = fields.at("secrets");
  if (!Array.isArray(list) || list.length > limits.httpSecrets) {
    throw optionError(path, `must be a list of at most ${limits.httpSecrets} secrets`);
  }
  list.forEach((each: unknown, at) => {
    const given = new Fields(each, `${path}[${at}]`, ["name", "secret", "rights"]);
    const [name, secret] = [given.string("name"), given.string("secret")];
    if (name === undefined || name === "") throw optionError(given.at("name"), "is missing");
    if (secret === undefined) throw optionError(given.at("secret"), "is missing");
    const granted = given.oneOf("rights", rights);
    if (granted === undefined) throw optionError(given.at("rights"), "is missing");
    all.push(secretAt(given.at("secret"), name, secret, granted));
  });
  return all;
}

function secretAt(path: string, name: string, secret: string, granted: Right): Secret {
  if (secret.length >= limits.httpSecretChars) return { name, secret, rights: granted };
  throw optionError(path, `must have at least ${limits.httpSecretChars} characters`);
}

function tlsOf(fields: Fields): HttpSettings["tls"] {
  if (fields.raw("tls") === undefined) return undefined;
  const tls = new Fields(fields.raw("tls"), fields.at("tls"), ["cert", "key"]);
  const [cert, key] = [tls.string("cert"), tls.string("key")];
  if (cert === undefined || key === undefined) {
    throw optionError(tls.at(cert === undefined ? "cert" : "key"), "is missing");
  }
  return { cert, key };
}

function hostsOf(fields: Fields): string[] {
  const list = fields.raw("hosts") ?? [];
  if (!Array.isArray(list) || list.some((name) => typeof name !== "string" || name === "")) {
    throw optionError(fields.at("hosts"), "must be a list of names");
  }
  return (list as string[]).map((name) => name.toLowerCase());
}
