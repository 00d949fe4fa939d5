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
  return {
    openapi: "3.1.0",
    info: { title: "Ergate", version, description: "Durable jobs in one SQLite file." },
    servers: [{ url: "/" }],
    security: [{ secret: [] }],
    paths,
    components: {
      securitySchemes: { secret: { type: "http", scheme: "bearer" } },
      schemas: { Fault: faultSchema },
    },
  };
}

const faultSchema = z.toJSONSchema(
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

function operationOf(one: Route): object {
  const { method, path, summary, right, body, status = one.answer === "nothing" ? 204 : 200 } = one;
  return {
    operationId: `${method}${path.replaceAll(/[^\w]+(\w?)/g, (_, next) => next.toUpperCase())}`,
    summary,
    description: `Needs the right "${right}".`,
    tags: [path.split("/")[3] ?? "server"],
    parameters: [...parametersOf(one.params, "path"), ...parametersOf(one.query, "query")],
    ...(body === undefined ? {} : { requestBody: requestBodyOf(body) }),
    responses: { [status]: answerOf(one), default: fault },
  };
}

const fault = {
  description: "What was wrong.",
  content: { "application/json": { schema: { $ref: "#/components/schemas/Fault" } } },
};

function answerOf({ answer, summary }: Route): object {
  if (answer === "nothing") return { description: summary };
  if (answer === "text") return { description: summary, content: { "text/plain": {} } };
  if (answer === "events") return { description: summary, content: { "text/event-stream": {} } };
  return { description: summary, content: { "application/json": { schema: schemaOf(answer) } } };
}

function requestBodyOf(body: z.ZodType): object {
  return { required: true, content: { "application/json": { schema: schemaOf(body, "input") } } };
}

function parametersOf(schema: z.ZodType | undefined, place: "path" | "query"): object[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = schemaOf(schema, "input") as {
    properties?: Record<string, object>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, each]) => {
    return { name, in: place, required: place === "path" || required.includes(name), schema: each };
  });
}

function schemaOf(schema: z.ZodType, io: "input" | "output" = "output"): object {
  const { $schema: _, ...described } = z.toJSONSchema(schema, { io, unrepresentable: "any" });
  return described;
}
