import assert from "node:assert/strict";
import { once } from "node:events";
import { Agent, request } from "node:http";
import type { Random } from "../../lib/base/random.ts";
import { seededRandom } from "../../lib/base/random.ts";

/** Random requests to every route of the OpenAPI document, and to paths that are none. */

interface Schema {
  type?: string;
  enum?: unknown[];
  anyOf?: Schema[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
}

interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  schema: Schema;
}

interface Operation {
  parameters: Parameter[];
  responses: Record<string, object>;
  requestBody?: { content: Record<string, { schema: Schema }> };
}

export interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
}

interface Target {
  method: string;
  path: string;
  operation: Operation;
}

interface Sent {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: string;
}

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "PROPFIND"];
/** What parsers, file names, SQL and URLs trip over. */
const oddTexts = [
  ...[
    "",
    " ",
    ".",
    "..",
    "%",
    "%2F",
    "%00",
    "\u0000",
    "\ud800",
    "é",
    "🐜",
    "a/b",
    "?",
    "#",
    "&=",
    "+",
  ],
  ...["null", "NaN", "-1", "0", "1e999", "9007199254740993", "true", "{}", "[]", "__proto__"],
  ...["' OR 1=1 --", "; drop table job", "<script>", "../../etc/passwd", "*".repeat(300)],
  ...["2030-01-01T00:00:00Z", "5m", "* * * * *", "61 * * * *", "@daily", "UTC", "1-a", "echo"],
];
const oddValues: unknown[] = [
  ...[null, true, false, 0, -1, 1, 0.5, 1e21, -1e308, 2 ** 53, [], {}, [[]], [null], { a: 1 }],
];

/** What a field of a body should hold for its request to get far. */
const sensibleTexts: Record<string, string> = {
  ...{ job: "echo", queue: "echo", name: "echo", delay: "5m", timeout: "5m", for: "5m" },
  ...{
    cron: "0 3 * * *",
    cron_spec: "0 0 3 * * *",
    zone: "UTC",
    window: "1h",
    deadline: "1h",
    per: "1s",
    start: "2030-01-01",
  },
};

/** What waits by design waits briefly here: that it ends is what the test looks for. */
const waits = /\/(result|drained)$/;

export class Fuzz {
  readonly #random: Random;
  readonly #operations: Target[];
  /** Ids and names that are there, so that not every request is of what is not. */
  readonly known: string[] = ["echo", "nightly"];
  readonly statuses = new Map<number, number>();
  /** Which routes answered with success once. */
  readonly succeeded = new Set<string>();

  constructor(document: OpenApi, seed: number) {
    this.#random = seededRandom(seed);
    this.#operations = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.entries(operations).map(([method, operation]) => {
        return { method: method.toUpperCase(), path, operation };
      }),
    );
  }

  get routes(): number {
    return this.#operations.length;
  }

  /** Sends so many requests, one after the other, and looks at each answer. */
  async play(port: number, times: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    try {
      for (let at = 0; at < times; at++) {
        // Each route has its turns, however chance falls.
        const route = this.#operations[at % this.#operations.length];
        const isStray = route === undefined || this.#chance(0.1);
        const sent = isStray ? this.#stray() : this.#toRoute(route);
        const status = await this.#send(agent, port, sent);
        if (!isStray) {
          const told = `${sent.method} ${route.path} tells nothing of its status ${status}`;
          assert.ok(status in route.operation.responses, told);
        }
        if (!isStray && status < 300) this.succeeded.add(`${route.method} ${route.path}`);
      }
    } finally {
      agent.destroy();
    }
  }

  async #send(agent: Agent, port: number, sent: Sent): Promise<number> {
    const { method, path, headers, body } = sent;
    const said = JSON.stringify({ ...sent, body: body.slice(0, 300) });
    const asked = request({ agent, port, method, path, headers });
    asked.end(body);
    const [answer] = await once(asked, "response").catch((error) => {
      throw new Error(`no answer to ${said}`, { cause: error });
    });
    const { statusCode: status } = answer;
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    assert.ok(status < 500, `${status} to ${said}`);
    const type = String(answer.headers["content-type"]);
    // A log that is followed goes on as long as its job, as text, too.
    if (type.includes("event-stream") || /\/follow\?/.test(path)) {
      answer.destroy();
      return status;
    }
    let text = "";
    for await (const part of answer) text += part;
    // Figures and pages: their form has its own test.
    if (status < 400 && type.startsWith("text/")) return status;
    this.#look(status, method, text, said);
    return status;
  }

  /** Every refusal has the one body; what was made is known from then on. */
  #look(status: number, method: string, text: string, said: string): void {
    if (method === "HEAD" || status === 204) return assert.equal(text, "", said);
    const parsed = JSON.parse(text);
    if (status < 400) {
      const id = parsed?.id ?? parsed?.job?.id;
      if (typeof id === "string" && this.known.length < 200) this.known.push(id);
      return;
    }
    const { code, message, err, description, requestId } = parsed;
    const kinds = [typeof code, typeof message, typeof description, typeof requestId];
    assert.deepEqual(kinds, ["number", "string", "string", "string"], `${text} to ${said}`);
    assert.match(err, /^ERR_ERGATE_/);
    assert.doesNotMatch(text, /\bat .*\.[jt]s:\d+/, `a stack to ${said}`);
  }

  #toRoute({ method, path, operation }: Target): Sent {
    const query = new URLSearchParams();
    let place = path;
    for (const parameter of operation.parameters) {
      const value = this.#text(parameter.schema);
      if (parameter.in === "path") place = place.replace(`{${parameter.name}}`, pathText(value));
      else if (parameter.in === "query" && this.#chance(0.5)) query.set(parameter.name, value);
    }
    if (this.#chance(0.05)) query.set(this.#pick(oddTexts), this.#pick(oddTexts));
    if (waits.test(path)) query.set("timeout", String(Math.floor(this.#random.next() * 20)));
    const search = query.size === 0 ? "" : `?${query}`;
    const schema = operation.requestBody?.content["application/json"]?.schema;
    const body = schema === undefined ? "" : this.#body(schema);
    return { method, path: `${place}${search}`, headers: this.#headers(body), body };
  }

  #stray(): Sent {
    const parts = Array.from({ length: 1 + Math.floor(this.#random.next() * 5) }, () =>
      this.#chance(0.5) ? this.#pick(["api", "v1", "v2", "jobs", "queues"]) : this.#pick(oddTexts),
    );
    // A path as nobody should send it, too: not encoded at all, as far as the socket takes it.
    const raw = `/${parts.join("/")}`.replaceAll(/[^!-~]/g, "");
    const encoded = `/${parts.map(pathText).join("/")}`;
    const path = this.#chance(0.3) ? raw : encoded;
    const method = this.#pick(methods);
    const body = method === "GET" || method === "HEAD" || method === "TRACE" ? "" : this.#garbage();
    return { method, path, headers: this.#headers(body), body };
  }

  #headers(body: string): Record<string, string> {
    const headers: Record<string, string> = {};
    if (body !== "") {
      const types = [
        "application/json",
        "text/plain",
        "text/html",
        "application/json;x=\u00e9",
        "",
      ];
      headers["content-type"] = this.#chance(0.9) ? "application/json" : this.#pick(types);
      headers["content-length"] = String(Buffer.byteLength(body));
    }
    if (this.#chance(0.1))
      headers["idempotency-key"] = this.#pick(["k1", "k2", "", "k".repeat(300)]);
    if (this.#chance(0.05))
      headers["last-event-id"] = this.#pick(["", "x!", "1-a", "zzzzzzzzzzz-1"]);
    if (this.#chance(0.05)) headers.authorization = this.#pick(["Bearer x", "Basic", "Bearer"]);
    if (this.#chance(0.02)) headers["sec-fetch-site"] = this.#pick(["cross-site", "none", "odd"]);
    return headers;
  }

  #body(schema: Schema): string {
    const draw = this.#random.next();
    if (draw < 0.05) return this.#garbage();
    return JSON.stringify(this.#value(schema, 0)) ?? "";
  }

  #garbage(): string {
    const texts = ["{", "[1,", '"', "nul", "\u0000", "{}", "[]", "0", `"${"x".repeat(2 ** 20)}"`];
    const deep = "[".repeat(20_000) + "]".repeat(20_000);
    return this.#pick(this.#chance(0.1) ? [deep] : texts.slice(0, this.#chance(0.1) ? 9 : 8));
  }

  /** A value that fits mostly; here and there one that fits not at all. */
  #value(schema: Schema, depth: number): unknown {
    if (this.#chance(0.06)) return this.#pick([...oddValues, ...oddTexts]);
    if (schema.enum !== undefined) return this.#pick(schema.enum);
    if (schema.anyOf !== undefined) return this.#value(this.#pick(schema.anyOf), depth);
    switch (schema.type) {
      case "object":
        return this.#object(schema, depth);
      case "array":
        return Array.from({ length: Math.floor(this.#random.next() * 4) }, () =>
          this.#value(schema.items ?? {}, depth + 1),
        );
      case "number":
      case "integer":
        return this.#pick([0, 1, 2, 3, 100, 1_000, -1, 0.5, 1e21]);
      case "boolean":
        return this.#chance(0.5);
      case "null":
        return null;
      case "string":
        return this.#text(schema);
      default:
        return this.#pick([...oddValues, ...oddTexts]);
    }
  }

  #object({ properties = {}, required = [] }: Schema, depth: number): object {
    const fields: [string, unknown][] = [];
    for (const [key, schema] of Object.entries(properties)) {
      if (depth > 4 || !this.#chance(required.includes(key) ? 0.98 : 0.15)) continue;
      const sensible = sensibleTexts[key];
      const fits = sensible !== undefined && schema.type !== "object";
      const value = fits && this.#chance(0.9) ? sensible : this.#value(schema, depth + 1);
      fields.push([key, value]);
    }
    if (this.#chance(0.05)) fields.push([this.#pick(oddTexts), this.#pick(oddValues)]);
    return Object.fromEntries(fields);
  }

  #text(schema: Schema): string {
    if (schema.enum !== undefined && this.#chance(0.9)) return String(this.#pick(schema.enum));
    if (schema.type === "integer" || schema.type === "number") {
      return String(
        this.#chance(0.8) ? 1 + Math.floor(this.#random.next() * 50) : this.#pick(oddTexts),
      );
    }
    return this.#chance(0.7) ? this.#pick(this.known) : this.#pick(oddTexts);
  }

  #chance(share: number): boolean {
    return this.#random.next() < share;
  }

  #pick<T>(all: readonly T[]): T {
    return all[Math.floor(this.#random.next() * all.length)] as T;
  }
}

function pathText(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, "\ufffd"));
}
