import { once } from "node:events";
import { request } from "node:http";
import type { TestContext } from "node:test";
import { createRuntime } from "../../actors/index.ts";
import type { RuntimeOptions } from "../../lib/client/options.ts";

export const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** A started runtime with a server on a free port of loopback. */
export async function served(
  t: TestContext,
  http: RuntimeOptions["http"] = {},
  more: Partial<RuntimeOptions> = {},
) {
  const runtime = await createRuntime({
    ...{ storage: ":memory:", logger: quiet, http: { port: 0, ...http } },
    ...more,
  });
  t.after(() => runtime.stop({ graceMs: 0 }));
  await runtime.start();
  const { url = "", port = 0 } = runtime.listening ?? {};
  return { runtime, url, port };
}

export interface Got {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Record<string, unknown>;
}

/** One request by `node:http`, whose `Host` may be anything. `body`: sent as JSON, a string as it is. */
export async function call(
  port: number,
  method: string,
  path: string,
  { body, headers = {} }: { body?: unknown; headers?: Record<string, string> } = {},
): Promise<Got> {
  const text = typeof body === "string" ? body : body === undefined ? "" : JSON.stringify(body);
  const type = text === "" ? {} : { "content-type": "application/json" };
  const sent = request({ port, path, method, headers: { ...type, ...headers }, agent: false });
  sent.end(text);
  const [answer] = await once(sent, "response");
  let got = "";
  for await (const part of answer) got += part;
  const isJson = String(answer.headers["content-type"]).includes("json");
  const parsed = got === "" ? {} : isJson ? JSON.parse(got) : { text: got };
  return { status: answer.statusCode, headers: answer.headers, body: parsed };
}
