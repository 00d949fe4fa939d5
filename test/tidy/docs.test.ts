import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../../", import.meta.url);
const pages = [
  "README.md",
  "HACKING.md",
  "CHANGELOG.md",
  "docs/diagnostics.md",
  "docs/jobservice.md",
];

for (const page of pages) {
  test(`what ${page} points to is there`, () => {
    const text = readFileSync(new URL(page, root), "utf8");
    const links = [...text.matchAll(/\]\(([^)#]+)[^)]*\)/g)].map(([, link]) => link as string);
    const local = links.filter((link) => !link.includes("://"));
    assert.deepEqual(
      local.filter((link) => !existsSync(new URL(link, new URL(page, root)))),
      [],
    );
  });
}

test("every script that a page tells to run exists", () => {
  const { scripts } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  const missing = pages.flatMap((page) => {
    const text = readFileSync(new URL(page, root), "utf8");
    const named = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name as string);
    return named.filter((name) => scripts[name] === undefined).map((name) => `${page}: ${name}`);
  });
  assert.deepEqual(missing, []);
});
