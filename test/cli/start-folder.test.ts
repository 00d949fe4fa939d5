import assert from "node:assert/strict";
import { test } from "node:test";
import { startFolder } from "../../lib/cli/host.ts";

const cases: [string, NodeJS.ProcessEnv, string][] = [
  ["without npm it is the current folder", {}, "/app"],
  [
    "npm went to the package",
    { INIT_CWD: "/app/sub", npm_package_json: "/app/package.json" },
    "/app/sub",
  ],
  [
    "a script of npm's went on elsewhere",
    { INIT_CWD: "/x", npm_package_json: "/x/package.json" },
    "/app",
  ],
  ["another package manager says only INIT_CWD", { INIT_CWD: "/app/sub" }, "/app/sub"],
];

for (const [title, env, expected] of cases) {
  test(title, () => assert.equal(startFolder(env, "/app"), expected));
}
