import { z } from "zod";
import { version } from "../base/version.ts";
import type { Route } from "./route.ts";

/** The routes as an OpenAPI 3.1 document, from the schemas that check their requests. */
export function openApi(routes: readonly Route[]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const one of routes) {
    const operations = paths[one.path] ?? {};
    operations[one.method] = operationOf(one);
    paths[one.path] = operations;
  }
  const license = { name: "MIT", identifier: "MIT" };
  return {
    openapi: "3.1.0",
    info: { title: "Ergate", version, license, description: "Durable jobs in one SQLite file." },
    servers: [{ url: "/" }],
    security: [{ secret: [] }, {}],
    tags: [...new Set(routes.map(tagOf))].map((name) => ({ name })),
    paths,
    components: {
      securitySchemes: { secret: { type: "http", scheme: "bearer" } },
      responses: Object.fromEntries(
        Object.entries(refusals).map(([status, description]) => [
          `Refused${status}`,
          { description, content: fault },
        ]),
      ),
      schemas: { Fault: faultSchema },
    },
  };
}

/** Why a request is refused, by its status. */
const refusals: Readonly<Record<number, string>> = {
  400: "Something of the request is wrong; `path` names the field.",
  401: "No known secret was named.",
  403: "The secret has not the right, or a page of another site sent this.",
  404: "There is no such thing.",
  405: "The path does not take that method; `Allow` names those that it takes.",
  408: "It did not come to an end in time, and goes on.",
  409: "The state of things does not allow it; `id` may name the job in the way.",
  413: "The body, or the arguments in it, are too large.",
  415: "The body is no JSON.",
  416: "The range begins past the end.",
  421: "The host that was asked for is not this server's.",
  422: "The Idempotency-Key was used for another request.",
  429: "A queue is full, or too many logins failed at once.",
  500: "The server failed; its log says more, by the `requestId`.",
  503: "The server stops, or its storage can't take it now.",
};

const fault = { "application/json": { schema: { $ref: "#/components/schemas/Fault" } } };

const faultSchema = described(
  z.object({
    code: z.number().int(),
    message: z.string(),
    details: z.string().optional(),
    err: z.string(),
    description: z.string(),
    path: z.string().optional(),
    id: z.string().optional(),
    requestId: z.string(),
  }),
);

/** Where a request of such a route can come to a refusal that not every other can. */
function refusalsOf({ path, body, refuses = [], partial }: Route): number[] {
  return [
    ...[400, 401, 403, 405, 421, 429, 500, 503],
    ...(path.includes("{") ? [404] : []),
    ...(body === undefined ? [] : [413, 415]),
    ...(partial === true ? [416] : []),
    ...refuses,
  ];
}

function operationOf(one: Route): object {
  const { method, path, summary, right, body, headers = {} } = one;
  return {
    operationId: `${method}${path.replaceAll(/[^\w]+(\w?)/g, (_, next) => next.toUpperCase())}`,
    summary,
    description: `Needs the right "${right}".`,
    tags: [tagOf(one)],
    parameters: [
      ...parametersOf(one.params, "path"),
      ...parametersOf(one.query, "query"),
      ...Object.entries(headers).map(([name, description]) => {
        return { name, in: "header", description, schema: { type: "string" } };
      }),
    ],
    ...(body === undefined ? {} : { requestBody: requestBodyOf(body) }),
    responses: responsesOf(one),
  };
}

function tagOf({ path }: Route): string {
  return /^\/api\/v\d\/([^/.]+)/.exec(path)?.[1] ?? "server";
}

function responsesOf(one: Route): object {
  const { status = one.answer === "nothing" ? 204 : 200, partial } = one;
  const answer = answerOf(one);
  const whole = partial === true ? { [status]: answer, 206: answer } : { [status]: answer };
  const refused = refusalsOf(one).map((each) => {
    return [each, { $ref: `#/components/responses/Refused${each}` }];
  });
  return { ...whole, ...Object.fromEntries(refused) };
}

const mediaTypes = { text: "text/plain", events: "text/event-stream" };

function answerOf({ answer, summary }: Route): object {
  if (answer === "nothing") return { description: summary };
  const [mediaType, schema] =
    typeof answer === "string"
      ? [mediaTypes[answer], { type: "string" }]
      : answer instanceof z.ZodType
        ? ["application/json", described(answer)]
        : [answer.mediaType, { type: "string" }];
  return { description: summary, content: { [mediaType]: { schema } } };
}

function requestBodyOf(body: z.ZodType): object {
  const required = !body.safeParse(undefined).success;
  return { required, content: { "application/json": { schema: described(body, "input") } } };
}

function parametersOf(schema: z.ZodType | undefined, place: "path" | "query"): object[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = described(schema, "input") as {
    properties?: Record<string, object>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, each]) => {
    return { name, in: place, required: place === "path" || required.includes(name), schema: each };
  });
}

function described(schema: z.ZodType, io: "input" | "output" = "output"): object {
  const { $schema: _, ...plain } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return plain;
}
