import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { type BuildResult, build, type Plugin } from "esbuild";

/**
 * Builds dist/, the package as users install it: one flat folder of entries and shared chunks, the
 * types, and better-sqlite3's files. Those are copied in, not depended on: from a lockfile npm takes
 * that package for one to compile (its lock doesn't keep `gypfile: false`), so that a user's `npm ci`
 * would ask for Python and a compiler although the binaries are there.
 */

const root = fileURLToPath(new URL("../", import.meta.url));
const dist = `${root}dist`;
const manifest = JSON.parse(readFileSync(`${root}package.json`, "utf8"));

/** What users import or run, and every thread's entry: sibling() finds it by name beside its caller. */
const entries: Record<string, string> = {
  index: "actors/index.ts",
  ergate: "actors/bin.ts",
  handler: "lib/thread/handler.ts",
  client: "lib/client/remote.ts",
  testing: "actors/testing.ts",
  ...threadEntries(),
};

const vendored = "./vendor/better-sqlite3/lib/index.js";

/** One copy of SQLite: every import of it, from whatever chunk, is this one file. */
const vendor: Plugin = {
  name: "vendor",
  setup({ onResolve }) {
    onResolve({ filter: /^better-sqlite3$/ }, () => ({ path: vendored, external: true }));
  },
};

rmSync(dist, { recursive: true, force: true });
checkImports(await bundle());
copySqlite();
copyPages();
writeFloor();
writeTypes();

function threadEntries(): Record<string, string> {
  const files = globSync("{lib,actors,bench}/**/*-entry.ts", { cwd: root });
  const named = Object.fromEntries(files.map((file) => [basename(file, ".ts"), file]));
  if (Object.keys(named).length < files.length) throw new Error(`one name twice in ${files}`);
  return named;
}

function bundle() {
  return build({
    absWorkingDir: root,
    entryPoints: entries,
    outdir: dist,
    bundle: true,
    splitting: true,
    chunkNames: "chunk-[hash]",
    format: "esm",
    platform: "node",
    target: ["es2022", "node22.18"],
    packages: "external",
    legalComments: "none",
    metafile: true,
    logLevel: "warning",
    plugins: [vendor],
  });
}

/** A dev dependency that slipped into the bundle's imports would fail only at a user's. */
function checkImports({ metafile }: BuildResult<{ metafile: true }>): void {
  const { dependencies, peerDependencies } = manifest;
  const allowed = new Set([vendored, ...Object.keys({ ...dependencies, ...peerDependencies })]);
  for (const [file, { imports }] of Object.entries(metafile.outputs)) {
    for (const { path, external } of imports) {
      if (!external || isBuiltin(path) || allowed.has(path)) continue;
      // A part of a dependency, such as hono/streaming.
      if (allowed.has(/^(@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? "")) continue;
      throw new Error(`${file} imports ${path}, which is no dependency`);
    }
  }
}

function copySqlite(): void {
  const source = `${root}node_modules/better-sqlite3`;
  const target = `${dist}/vendor/better-sqlite3`;
  for (const part of ["lib", "prebuilds", "LICENSE"]) {
    cpSync(`${source}/${part}`, `${target}/${part}`, { recursive: true });
  }
  const { name, version, license, author, homepage, main } = JSON.parse(
    readFileSync(`${source}/package.json`, "utf8"),
  );
  const kept = { name, version, license, author, homepage, main, type: "commonjs" };
  writeFileSync(`${target}/package.json`, `${JSON.stringify(kept, null, 2)}\n`);
}

/** What is served as it is: its readers look beside their own chunk. */
function copyPages(): void {
  for (const file of globSync("lib/http/docs/*.{html,css,js}", { cwd: root })) {
    cpSync(`${root}${file}`, `${dist}/${basename(file)}`);
  }
}

/**
 * On a Node below the floor SQLite's binary ends the process without a word. The bin asks for itself;
 * for the library a file in old syntax is evaluated before all others, and throws what is wrong.
 */
function writeFloor(): void {
  const [, major, minor] = /^>=(\d+)\.(\d+)$/.exec(manifest.engines.node) ?? [];
  if (major === undefined) throw new Error("engines.node is not of the form >=22.18");
  const check = `var found = process.versions.node.split(".").map(Number);
if (found[0] < ${major} || (found[0] === ${major} && found[1] < ${minor})) {
  throw new Error("ergate needs Node.js ${major}.${minor} or newer; this is " + process.versions.node);
}
`;
  writeFileSync(`${dist}/node-floor.js`, check);
  for (const file of [`${dist}/index.js`, `${dist}/testing.js`]) {
    writeFileSync(file, `import "./node-floor.js";\n${readFileSync(file, "utf8")}`);
  }
  chmodSync(`${dist}/ergate.js`, 0o755);
}

/** TypeScript 6 and later load no ambient types unasked, so the faces ask for Node's themselves. */
function writeTypes(): void {
  const faces = [
    "actors/index.ts",
    "actors/testing.ts",
    "lib/thread/handler.ts",
    "lib/client/remote.ts",
  ];
  const config = `${dist}/tsconfig.json`;
  const compilerOptions = {
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: "..",
    outDir: "types",
  };
  const files = faces.map((face) => `../${face}`);
  const settings = { extends: "../tsconfig.json", include: [], files, compilerOptions };
  writeFileSync(config, JSON.stringify(settings));
  try {
    execFileSync(`${root}node_modules/.bin/tsc`, ["-p", config], { stdio: "inherit" });
  } finally {
    rmSync(config);
  }
  for (const face of faces) {
    const file = `${dist}/types/${face.replace(/ts$/, "d.ts")}`;
    writeFileSync(file, `/// <reference types="node" />\n${readFileSync(file, "utf8")}`);
  }
}
