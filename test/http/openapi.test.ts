import assert from "node:assert/strict";
import { test } from "node:test";
import { Validator } from "@seriousme/openapi-schema-validator";
import { createApp, type HttpParts } from "../../lib/http/app.ts";
import { described } from "../../lib/http/described.ts";
import { parseHttp } from "../../lib/http/settings.ts";
import { bounded } from "../actors/kit.ts";
import { call, quiet, served } from "./kit.ts";

interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  parameters: { name: string; in: string; required?: boolean; schema: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { description?: string; $ref?: string }>;
}

interface OpenApi {
  paths: Record<string, Record<string, Operation>>;
  components: { responses: Record<string, object> };
}

async function documentOf(t: Parameters<typeof served>[0]): Promise<OpenApi> {
  const { port } = await served(t);
  const { status, body } = await call(port, "GET", "/api/v2/openapi.json");
  assert.equal(status, 200);
  const { body: same } = await call(port, "GET", "/api/v1/openapi.json");
  assert.deepEqual(same, body);
  return body as unknown as OpenApi;
}

function operationsOf({ paths }: OpenApi): [name: string, path: string, operation: Operation][] {
  return Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]): [string, string, Operation] => [
      `${method} ${path}`,
      path,
      operation,
    ]),
  );
}

test("the document is valid OpenAPI 3.1", bounded, async (t) => {
  const validator = new Validator();
  const { valid, errors } = await validator.validate({ ...(await documentOf(t)) });
  assert.ok(valid, JSON.stringify(errors));
  assert.equal(validator.version, "3.1");
  const broken = { ...(await documentOf(t)), paths: { jobs: {} } };
  assert.equal((await new Validator().validate(broken)).valid, false);
});

test(
  "every operation has a name of its own, a summary, and says how it is refused",
  bounded,
  async (t) => {
    const document = await documentOf(t);
    const names = new Set<string>();
    for (const [name, path, operation] of operationsOf(document)) {
      const { operationId, summary, tags, parameters, responses, requestBody } = operation;
      assert.ok(!names.has(operationId), `${operationId} twice`);
      names.add(operationId);
      assert.match(summary, /^[A-Z].{5,}[^.]$/, name);
      assert.ok(tags.length === 1, name);
      const inPath = parameters.filter((one) => one.in === "path").map((one) => one.name);
      assert.deepEqual(
        inPath,
        [...path.matchAll(/\{(\w+)\}/g)].map(([, each]) => each),
        name,
      );
      for (const one of parameters) assert.ok(one.in !== "path" || one.required, name);
      const expected = [400, 401, 403, 405, 421, 429, 500, 503];
      if (inPath.length > 0) expected.push(404);
      if (requestBody !== undefined) expected.push(413, 415);
      for (const status of expected) assert.ok(status in responses, `${name} ${status}`);
      assert.ok(
        Object.keys(responses).some((status) => status < "300"),
        name,
      );
      for (const { $ref, description } of Object.values(responses)) {
        const [, component = ""] = /^#\/components\/responses\/(\w+)$/.exec($ref ?? "") ?? [];
        assert.ok(description !== undefined || component in document.components.responses, name);
      }
    }
  },
);

test("the document has every route of the API, and no other", bounded, async (t) => {
  const document = await documentOf(t);
  const listed = operationsOf(document).map(([name]) => name);
  const app = createApp({ settings: parseHttp({}), logger: quiet } as unknown as HttpParts, [
    described,
  ]);
  const mounted = app.routes
    .filter(({ method }) => method !== "ALL")
    .map(({ method, path }) => `${method.toLowerCase()} ${path.replaceAll(/:(\w+)/g, "{$1}")}`);
  assert.deepEqual(listed.sort(), [...new Set(mounted)].sort());
  assert.ok(listed.length > 50, `only ${listed.length}`);
});
