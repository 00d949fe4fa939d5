import { ErgateError } from "../base/error.ts";

/**
 * The part of the Standard Schema interface (version 1) that Ergate calls: zod, valibot, arktype
 * have it.
 */
export interface StandardSchema<Input = unknown, Output = Input> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaAnswer<Output> | Promise<SchemaAnswer<Output>>;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

export type SchemaAnswer<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly SchemaIssue[] };

export interface SchemaIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

export type SchemaInput<S> = S extends StandardSchema<infer Input, infer _> ? Input : never;
export type SchemaOutput<S> = S extends StandardSchema<infer _, infer Output> ? Output : never;

/**
 * What the schema makes of a value that is called `root`; a promise only if the schema answers
 * with one, so that the usual synchronous schema costs no turn. Throws ERR_ERGATE_PAYLOAD_SCHEMA
 * with the path of the first issue.
 */
export function checked<Output>(
  schema: StandardSchema<unknown, Output>,
  value: unknown,
  root = "args",
): Output | Promise<Output> {
  const answer = schema["~standard"].validate(value);
  if (!(answer instanceof Promise)) return accepted(answer, root);
  return answer.then((late) => accepted(late, root));
}

export function isSchema(value: unknown): value is StandardSchema {
  const carries = (typeof value === "object" || typeof value === "function") && value !== null;
  if (!carries || !("~standard" in value)) return false;
  const standard = value["~standard"];
  return typeof standard === "object" && standard !== null && "validate" in standard;
}

function accepted<Output>(answer: SchemaAnswer<Output>, root: string): Output {
  if (answer.issues === undefined) return answer.value;
  const texts = answer.issues.map((issue) => `${pathOf(issue, root)}: ${issue.message}`);
  const first = answer.issues[0];
  throw new ErgateError("ERR_ERGATE_PAYLOAD_SCHEMA", texts.join("; "), {
    path: first === undefined ? root : pathOf(first, root),
  });
}

function pathOf(issue: SchemaIssue, root: string): string {
  let path = root;
  for (const part of issue.path ?? []) {
    const key = typeof part === "object" ? part.key : part;
    path += typeof key === "number" ? `[${key}]` : `.${String(key)}`;
  }
  return path;
}
