import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

interface Lock {
  packages: Record<string, LockedPackage>;
}

interface LockedPackage {
  version?: string;
  dev?: boolean;
  gypfile?: boolean;
  hasInstallScript?: boolean;
  optionalDependencies?: Record<string, string>;
}

const text = readFileSync(new URL("../../package-lock.json", import.meta.url), "utf8");
const { packages }: Lock = JSON.parse(text);
const entries = Object.entries(packages);

/**
 * npm drops the line whenever it writes the lock, and without it an npm that doesn't know
 * `allowScripts` (10, and early 11) compiles better-sqlite3 at `npm ci`, which needs Python.
 */
test("the lock says that better-sqlite3 is not to be compiled", () => {
  const locked = packages["node_modules/better-sqlite3"];
  assert.equal(
    locked?.gypfile,
    false,
    'add "gypfile": false to better-sqlite3 in package-lock.json',
  );
});

/** A lock written with a package missing from the registry at hand makes `npm ci` fail everywhere. */
test("the lock has an entry for every platform's optional package", () => {
  const missing = entries.flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies)
      .filter((name) => packages[`node_modules/${name}`] === undefined)
      .map((name) => `${path} needs ${name}`),
  );
  assert.deepEqual(missing, []);
});

test("nothing that a user installs runs a script", () => {
  const scripted = entries.filter(([, { dev, hasInstallScript }]) => !dev && hasInstallScript);
  assert.deepEqual(
    scripted.map(([path]) => path),
    [],
  );
});

test("the lock leaves the registry to whoever installs", () => {
  assert.ok(!text.includes("://registry"), "npm install with omit-lockfile-registry-resolved");
});
