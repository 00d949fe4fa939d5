import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { bounded } from "../actors/kit.ts";
import { FakeDocument, type FakeElement } from "./docs-dom.ts";
import { call, served } from "./kit.ts";

interface Page {
  start(): Promise<void>;
  exampleOf(schema: object): unknown;
  rootOf(location: { origin: string; pathname: string }): string;
}

const script = new URL("../../lib/http/docs/docs-page.js", import.meta.url);
const page = (await import(script.href)) as Page;

/** The page as a browser has it after it was loaded from a server. */
async function loaded(t: TestContext, url: string): Promise<FakeDocument> {
  const document = new FakeDocument();
  Object.assign(globalThis, { document, location: new URL(`${url}/api/v2/docs`) });
  t.after(() => {
    Object.assign(globalThis, { document: undefined, location: undefined });
  });
  await page.start();
  return document;
}

function operationOf(document: FakeDocument, id: string) {
  const all = document.getElementById("operations").all("details");
  const found = all.find(({ attributes }) => attributes.get("id") === id) as FakeElement;
  const [form] = found.all("form");
  const controls = [...found.all("input"), ...found.all("textarea")];
  const output = found.children.at(-1) as FakeElement;
  return { form: form as FakeElement, controls, output, text: found.textContent };
}

test(
  "the page and its files have a policy of their own, which runs nothing else",
  bounded,
  async (t) => {
    const { port } = await served(t, { secret: "open sesame" });
    const at = "/api/v2/docs";
    const page = await call(port, "GET", at);
    assert.deepEqual(
      [page.status, page.headers["content-type"]],
      [200, "text/html; charset=utf-8"],
    );
    const policy = String(page.headers["content-security-policy"]);
    assert.match(policy, /default-src 'none'; script-src 'self';/);
    assert.doesNotMatch(policy, /unsafe|http|\*/);
    const html = String(page.body.text);
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link = ""]) => link);
    assert.equal(links.length, 3);
    for (const link of links) assert.doesNotMatch(link, /^(\w+:|\/)/);
    assert.doesNotMatch(html, /<script(?![^>]*src=)|<style|\son\w+=|style=/);
    for (const [name, type] of [
      ["docs-page.css", "text/css"],
      ["docs-page.js", "text/javascript"],
    ]) {
      assert.ok(links.includes(`docs/${name}`));
      const file = await call(port, "GET", `${at}/${name}`);
      assert.deepEqual(
        [file.status, file.headers["content-type"]],
        [200, `${type}; charset=utf-8`],
      );
    }
    assert.equal((await call(port, "GET", "/api/v2/openapi.json")).status, 401);
  },
);

test(
  "the page asks for the secret, lists all operations, and sends what is typed in",
  bounded,
  async (t) => {
    const jobs = [defineJob("echo", { run: (args: unknown) => args })];
    const { runtime, url, port } = await served(t, { secret: "open sesame" }, { jobs });
    const document = await loaded(t, url);
    const at = (id: string) => document.getElementById(id);
    assert.match(at("state").textContent, /Type the secret in/);
    assert.equal(at("operations").children.length, 0);
    at("secret").value = "open sesame";
    await at("login").dispatch("submit");
    assert.match(at("state").textContent, /^Version \d/);
    const headers = { authorization: "Bearer open sesame" };
    const { body } = await call(port, "GET", "/api/v2/openapi.json", { headers });
    const operations = Object.values(body.paths as object).flatMap((one) => Object.keys(one));
    const listed = at("operations").all("details");
    assert.equal(
      listed.filter(({ attributes }) => attributes.get("class") === "operation").length,
      operations.length,
    );
    const enqueue = operationOf(document, "postApiV2Jobs");
    const control = enqueue.controls.at(-1) as FakeElement;
    assert.deepEqual(JSON.parse(control.value), { job: "" });
    control.value = JSON.stringify({ job: "echo", id: "a/b", args: "<b>" });
    await enqueue.form.dispatch("submit");
    assert.match(enqueue.output.textContent, /^201 application\/json.*"disposition": "created"/s);
    await runtime.result("a/b");
    const get = operationOf(document, "getApiV2JobsId");
    (get.controls[0] as FakeElement).value = "a/b";
    await get.form.dispatch("submit");
    assert.match(get.output.textContent, /^200 .*"result": "<b>"/s);
    assert.match(get.text, /Needs the right "read"/);
  },
);

test("the page knows where the API is, and begins a body with what its schema needs", () => {
  const root = (pathname: string) => page.rootOf({ origin: "http://a", pathname });
  assert.deepEqual([root("/api/v2/docs"), root("/x/api/v2/docs/")], ["http://a", "http://a/x"]);
  const schema = {
    type: "object",
    required: ["a", "b", "c"],
    properties: {
      a: { anyOf: [{ type: "integer", minimum: 1 }, { type: "string" }] },
      b: { enum: ["x", "y"] },
      c: { type: "array", items: {} },
      d: { type: "string" },
    },
  };
  assert.deepEqual(page.exampleOf(schema), { a: 1, b: "x", c: [] });
});
