/**
 * The page to try the API: reads the description, lists what there is, and sends requests. The
 * secret stays in this page's memory. Whatever comes from the server is shown as text alone.
 */

/** Characters of an answer that are shown: of a stream the last ones. */
const shownChars = 100_000;

/** Where the API is, whatever stands before `/api` in a proxy. */
export function rootOf(location) {
  return location.origin + location.pathname.replace(/\/api\/v2\/docs\/?$/, "");
}

/** What is sent for an operation, by what was typed into its fields: `place name` to text. */
export function requestOf(root, { method, path, operation }, values, secret) {
  const query = new URLSearchParams();
  const headers = {};
  let place = path;
  for (const { name, in: where } of operation.parameters) {
    const text = values.get(`${where} ${name}`) ?? "";
    if (where === "path") place = place.replace(`{${name}}`, encodeURIComponent(text));
    else if (text === "") continue;
    else if (where === "query") query.set(name, text);
    else headers[name] = text;
  }
  if (secret !== "") headers.authorization = `Bearer ${secret}`;
  const body = values.get("body") ?? "";
  if (body !== "") headers["content-type"] = "application/json";
  const url = `${root}${place}${query.size === 0 ? "" : `?${query}`}`;
  return { url, init: { method: method.toUpperCase(), headers, ...(body === "" ? {} : { body }) } };
}

/** A value that a schema allows, with the fields that it requires. */
export function exampleOf(schema) {
  if ("const" in schema) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const [first] = schema.anyOf ?? schema.allOf ?? [];
  if (first !== undefined) return exampleOf(first);
  switch (schema.type) {
    case "object": {
      const required = schema.required ?? [];
      return Object.fromEntries(
        required.map((name) => [name, exampleOf(schema.properties?.[name] ?? {})]),
      );
    }
    case "array":
      return [];
    case "string":
      return "";
    case "number":
    case "integer":
      return schema.minimum ?? 0;
    case "boolean":
      return false;
    default:
      return null;
  }
}

/** Shows JSON by lines, and everything else as it is. */
export function shown(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function field(name, control, note) {
  const label = element("label", { class: "field" }, element("span", {}, name), control);
  return note === undefined ? label : element("div", {}, label, element("small", {}, note));
}

/** The fields of an operation, and a way to read what was typed into them. */
function fieldsOf({ operation }) {
  const controls = new Map();
  const all = operation.parameters.map(({ name, in: where, required, description, schema }) => {
    const placeholder = schema.enum?.join(" | ") ?? schema.type ?? "text";
    const control = element("input", { placeholder, autocomplete: "off" });
    controls.set(`${where} ${name}`, control);
    return field(`${name}${required ? " *" : ""} (${where})`, control, description);
  });
  const schema = operation.requestBody?.content["application/json"].schema;
  if (schema !== undefined) {
    const control = element("textarea", { spellcheck: "false" });
    control.value = JSON.stringify(exampleOf(schema), null, 2);
    controls.set("body", control);
    all.push(field("body", control), schemaOf("Schema of the body", schema));
  }
  const values = () => new Map([...controls].map(([key, control]) => [key, control.value]));
  return { all, values };
}

function schemaOf(title, schema) {
  const text = element("pre", {}, JSON.stringify(schema, null, 2));
  return element("details", {}, element("summary", {}, title), text);
}

/** What an operation answers, by its status. */
function answersOf({ operation }) {
  return Object.entries(operation.responses)
    .filter(([, { $ref }]) => $ref === undefined)
    .flatMap(([status, { content = {} }]) =>
      Object.entries(content).map(([type, { schema }]) =>
        schemaOf(`Answer ${status}, ${type}`, schema),
      ),
    );
}

async function show(answer, output) {
  const head = `${answer.status} ${answer.headers.get("content-type") ?? ""}\n\n`;
  output.textContent = head;
  if (answer.body === null) return;
  const decoder = new TextDecoder();
  let text = "";
  for (const reader = answer.body.getReader(); ; ) {
    const { value, done } = await reader.read();
    if (done) break;
    text = (text + decoder.decode(value, { stream: true })).slice(-shownChars);
    output.textContent = head + text;
  }
  output.textContent = head + shown(text);
}

function operationOf(target, page) {
  const { all, values } = fieldsOf(target);
  const output = element("pre", { "aria-live": "polite" });
  const [send, stop] = [
    element("button", { type: "submit" }, "Send"),
    element("button", { type: "button" }, "Stop"),
  ];
  const form = element("form", {}, ...all, send, stop);
  let sent = new AbortController();
  stop.addEventListener("click", () => sent.abort());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    sent.abort();
    sent = new AbortController();
    const { url, init } = requestOf(page.root, target, values(), page.secret());
    try {
      await show(await fetch(url, { ...init, signal: sent.signal }), output);
    } catch (error) {
      output.textContent += `\n${error.message}`;
    }
  });
  const { method, path, operation } = target;
  const head = element(
    "summary",
    {},
    element("code", { class: "method" }, method),
    element("code", {}, path),
    ` ${operation.summary}`,
  );
  const right = element("p", {}, operation.description);
  const attributes = { class: "operation", id: operation.operationId };
  return element("details", attributes, head, right, form, ...answersOf(target), output);
}

/** By the tags, in the order of the description. */
function sectionsOf({ paths, tags }, page) {
  const targets = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ method, path, operation })),
  );
  return tags.map(({ name }) => {
    const own = targets.filter(({ operation }) => operation.tags.includes(name));
    const operations = own.map((target) => operationOf(target, page));
    return element("section", {}, element("h2", {}, name), ...operations);
  });
}

export async function start() {
  const at = (id) => document.getElementById(id);
  const page = { root: rootOf(location), secret: () => at("secret").value };
  const load = async () => {
    const secret = page.secret();
    const headers = secret === "" ? {} : { authorization: `Bearer ${secret}` };
    const answer = await fetch(`${page.root}/api/v2/openapi.json`, { headers });
    if (answer.status === 401) return "Type the secret in, and load.";
    if (!answer.ok) return `The description can't be read: ${answer.status}`;
    const description = await answer.json();
    at("operations").replaceChildren(...sectionsOf(description, page));
    return `Version ${description.info.version}`;
  };
  const reload = async () => {
    at("state").textContent = await load().catch((error) => error.message);
  };
  at("login").addEventListener("submit", (event) => {
    event.preventDefault();
    return reload();
  });
  await reload();
}

if (globalThis.document !== undefined) start();
