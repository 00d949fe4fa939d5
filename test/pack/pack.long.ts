import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { bareMachine, fetchPackage, type Machine, ownNpm, run } from "./machine.ts";
import { readSample } from "./readme.ts";

/** The package as a user gets it: packed, installed on a bare machine, README's sample run in it. */

const root = fileURLToPath(new URL("../../", import.meta.url));
const place = mkdtempSync(join(tmpdir(), "ergate-pack-"));
const platform = `node-${process.platform}-${process.arch}`;
const sample = readSample();
let tarball = "";

before(() => {
  tarball = pack();
});
after(() => rmSync(place, { recursive: true, force: true }));

/** The oldest Node that is supported, with the npm that came with it, and the one of this checkout. */
const machines: [name: string, make: () => Machine][] = [
  ["Node 22.18 with npm 10", () => machine("22", nodeOf("22.18.0"), npm10())],
  ["Node 24", () => machine("24", process.execPath, ownNpm())],
];

for (const [name, make] of machines) {
  test(`the package installs without a compiler and runs README's sample on ${name}`, () => {
    const bare = make();
    const project = newProject(name);
    bare.run(project, "npm", ["install", "--no-audit", tarball]);
    assert.equal(bare.run(project, "node", ["app.ts"]).stdout, sample.prints);

    rmSync(join(project, "node_modules"), { recursive: true });
    rmSync(join(project, "app.db"));
    bare.run(project, "npm", ["ci", "--no-audit"]);
    assert.equal(bare.run(project, "node", ["app.ts"]).stdout, sample.prints);

    assert.deepEqual(binariesIn(project), ["node_modules/ergate/dist/vendor/better-sqlite3"]);
    bare.run(project, "node", ["--test", "mail.test.ts"]);
    cliWorks(bare, project);
    clientWorks(bare, project);
    typesHold(bare, project);
  });
}

test("on an older Node the bin says in one line what is wrong, and the library throws it", () => {
  const bare = machine("20", nodeOf("20.19.0"), ownNpm());
  const project = newProject("old");
  bare.run(project, "npm", ["install", "--no-audit", tarball]);
  const bin = bare.run(project, join(project, "node_modules/.bin/ergate"), ["doctor"], 1);
  assert.match(bin.stderr, /^ergate needs Node\.js 22\.18 or newer; this is 20\.19\.0\n$/);
  assert.equal(bin.stdout, "");
  const library = bare.run(project, "node", ["--input-type=module", "-e", 'import "ergate"'], 1);
  assert.match(library.stderr, /Error: ergate needs Node\.js 22\.18 or newer/);
});

function pack(): string {
  const folder = join(place, "packed");
  mkdirSync(folder);
  run(root, process.execPath, [ownNpm(), "pack", "--pack-destination", folder]);
  return join(folder, readdirSync(folder).find((each) => each.endsWith(".tgz")) as string);
}

function machine(name: string, node: string, npmCli: string): Machine {
  return bareMachine(join(place, `machine-${name}`), node, npmCli);
}

function nodeOf(version: string): string {
  return join(fetchPackage(join(place, version), `${platform}@${version}`), "bin/node");
}

function npm10(): string {
  return join(fetchPackage(join(place, "npm10"), "npm@10.9.3"), "bin/npm-cli.js");
}

function newProject(name: string): string {
  const folder = join(place, name.replaceAll(" ", "-"));
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), '{ "private": true, "type": "module" }');
  for (const [file, text] of Object.entries(sample.files)) writeFileSync(join(folder, file), text);
  return folder;
}

/** Two copies of SQLite in one process drop each other's locks. */
function binariesIn(project: string): string[] {
  const all = readdirSync(join(project, "node_modules"), { recursive: true }) as string[];
  const copies = all.filter((path) => /sqlite.*\/linux-x64\.node$/.test(path));
  return copies.map((path) => join("node_modules", path, "../.."));
}

/** The bin, and a thread's entry that only the bin starts. */
function cliWorks(bare: Machine, project: string): void {
  const ergate = join(project, "node_modules/.bin/ergate");
  const stats = bare.run(project, ergate, ["stats", "--db", "app.db", "--json"]);
  assert.equal(typeof JSON.parse(stats.stdout), "object");
  const types = "node_modules/ergate/dist/types";
  bare.run(project, ergate, ["demo", types, "--db", "demo.db", "--out", "sums"]);
  const face = `${types}/actors/index.d.ts`;
  const sum = createHash("sha256")
    .update(readFileSync(join(project, face)))
    .digest("hex");
  assert.ok(readFileSync(join(project, "sums"), "utf8").includes(`${sum}  ${face}\n`));
}

/** Nobody listens there: it is loaded, and sends. */
function clientWorks(bare: Machine, project: string): void {
  const script = `import { createClient } from "ergate/client";
    await createClient({ url: "http://127.0.0.1:9" }).stats().catch(({ code }) => console.log(code));`;
  const { stdout } = bare.run(project, "node", ["--input-type=module", "-e", script]);
  assert.equal(stdout, "ERR_ERGATE_HTTP_UNREACHABLE\n");
}

/** The strictest settings a user may have, `skipLibCheck` off; the second file must not compile. */
function typesHold(bare: Machine, project: string): void {
  const modules = join(project, "node_modules");
  symlinkSync(join(root, "node_modules/@types"), join(modules, "@types"));
  const compilerOptions = {
    module: "nodenext",
    target: "es2022",
    lib: ["es2023"],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: false,
    noEmit: true,
  };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions }));
  const compiler = join(root, "node_modules/typescript/bin/tsc");
  const check = (status: number) => bare.run(project, process.execPath, [compiler], status).stdout;
  check(0);
  writeFileSync(join(project, "wrong.ts"), wrong);
  const faults = check(1).match(/error TS\d+/g);
  assert.deepEqual(faults, ["error TS2322", "error TS2322"]);
}

const wrong = `import { defineJob, type Runtime } from "ergate";
import type { Client } from "ergate/client";
declare const runtime: Runtime;
export const client: Client = runtime;
const mail = defineJob("mail", { run: (args: { to: string }) => args.to.length });
export const receipt = runtime.enqueue(mail, { to: 1 });
export const result: string = await runtime.enqueueAndWait(mail, { to: "a" });
`;
