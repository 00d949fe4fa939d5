import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Job, Page } from "../../lib/job/job.ts";
import {
  answerOf,
  ended,
  ergate,
  faultOf,
  launch,
  tempFolder,
  untilTraced,
  writeTree,
} from "./ergate.ts";

interface Summary {
  run: string;
  files: number;
  bytes: number;
  failed: number;
  failures: { path: string; reason: string }[];
  resumed: number;
  hashed: number;
}

const odd: Readonly<Record<string, string | Buffer>> = {
  "tree/plain": "1",
  "tree/with space": "22",
  "tree/line\nend": "333",
  "tree/back\\slash": "4444",
  "tree/cr\rinside": "55555",
  "tree/ünï-\u{1f41c}/deep/er": "666666",
  "tree/empty": "",
  "tree/-dash": "7",
  "tree/large": Buffer.alloc(700_000, 1),
  "tree/.hidden/x": "8",
  "tree/.git/config": "left out",
  "tree/sub/.git/HEAD": "left out",
  "tree/sub/.gitignore": "9",
  "elsewhere/not-ours": "left out",
};

/** Node's own writeFile can't make a name that is no UTF-8 from text. */
function writeBytesName(folder: string): void {
  execFileSync("sh", ["-c", 'printf x > "$(printf "bad\\377name")"'], { cwd: folder });
}

function check(cwd: string): void {
  execFileSync("sha256sum", ["--check", "--strict", "--quiet", "SHA256SUMS"], { cwd });
}

async function demo(cwd: string, ...args: string[]): Promise<Summary> {
  const { code, stdout, stderr } = await ergate({ cwd }, "demo", ...args, "--json");
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout) as Summary;
}

test("demo hashes every file of a tree with odd names, and sha256sum accepts it", async (t) => {
  const cwd = tempFolder(t);
  writeTree(cwd, odd);
  writeBytesName(join(cwd, "tree"));
  symlinkSync(join(cwd, "elsewhere"), join(cwd, "tree", "link"));
  const { files, bytes, failed } = await demo(cwd, "tree");
  assert.deepEqual([files, bytes, failed], [12, 700_025, 0]);
  check(cwd);
  const sums = readFileSync(join(cwd, "SHA256SUMS"), "latin1").trimEnd().split("\n");
  const theirs = execFileSync(
    "sh",
    [
      "-c",
      "find tree -name .git -prune -o -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum",
    ],
    { cwd, encoding: "latin1" },
  );
  assert.deepEqual(sums, theirs.trimEnd().split("\n"));
});

test("demo leaves out its own files, and starts anew once a run is finished", async (t) => {
  const cwd = tempFolder(t);
  writeTree(cwd, { a: "1", "b/c": "2" });
  const first = await demo(cwd);
  const second = await demo(cwd);
  assert.deepEqual([first.files, second.files, second.resumed, second.hashed], [2, 2, 0, 2]);
  assert.notEqual(first.run, second.run);
  check(cwd);
  assert.match(readFileSync(join(cwd, "SHA256SUMS"), "utf8"), /^\w{64} {2}a\n\w{64} {2}b\/c\n$/);
  assert.deepEqual(readdirSync(cwd).sort(), [".ergate", "SHA256SUMS", "a", "b"]);
  const db = join(cwd, ".ergate", "demo.db");
  const { items } = await answerOf<Page<Job>>({ cwd }, "jobs", "ls", "--db", db);
  const kept = items.filter(({ name }) => name.startsWith("demo-hash:"));
  assert.equal(kept.length, 2);
});

test("demo of nothing, of one file, and of what is missing", async (t) => {
  const cwd = tempFolder(t);
  mkdirSync(join(cwd, "empty"));
  writeTree(cwd, { file: "1" });
  const [nothing, one] = await Promise.all([
    demo(cwd, "empty", "--out", "EMPTY", "--db", "empty.db"),
    demo(cwd, "file", "--threads", "1"),
  ]);
  assert.deepEqual([nothing.files, one.files], [0, 1]);
  assert.equal(readFileSync(join(cwd, "EMPTY"), "utf8"), "");
  assert.match(readFileSync(join(cwd, "SHA256SUMS"), "utf8"), /^\w{64} {2}file\n$/);
  const missing = await faultOf({ cwd }, "demo", "missing");
  assert.deepEqual([missing.exit, missing.code, missing.path], [1, "ERR_ERGATE_OPTION", "PATH"]);
  const folder = await faultOf({ cwd }, "demo", "file", "--out", "empty");
  assert.deepEqual([folder.exit, folder.code, folder.path], [1, "ERR_ERGATE_OPTION", "--out"]);
});

/** Root reads whatever it likes. */
const uid = process.getuid?.() === 0 ? 65_534 : undefined;

test("demo reports files that can't be read, hashes the rest and exits 1", async (t) => {
  const cwd = tempFolder(t);
  writeTree(cwd, { "tree/good": "1", "tree/secret": "2", "tree/locked/inside": "3" });
  chmodSync(join(cwd, "tree/secret"), 0);
  chmodSync(join(cwd, "tree/locked"), 0);
  chmodSync(cwd, 0o777);
  const env = { NODE_DISABLE_COMPILE_CACHE: "1" };
  const options = uid === undefined ? { cwd, env } : { cwd, env, uid };
  const { code, stdout, stderr } = await ergate(options, "demo", "tree", "--json");
  assert.equal(code, 1, stderr);
  const { files, failed, failures } = JSON.parse(stdout) as Summary;
  assert.deepEqual([files, failed], [1, 2]);
  assert.deepEqual(failures.map(({ path }) => path.slice(cwd.length)).sort(), [
    "/tree/locked",
    "/tree/secret",
  ]);
  for (const { reason } of failures) assert.match(reason, /EACCES/);
  check(cwd);
});

/**
 * Starts a demo and sends it a signal once some files are settled. One that was done before the
 * signal came, as this process was held up, is tried again with more files.
 */
async function hitMidway(t: TestContext, cwd: string, signal: NodeJS.Signals) {
  const trace = join(cwd, "trace");
  const db = join(cwd, ".ergate", "demo.db");
  const settled = async () => {
    const { counts } = await answerOf<Stats>({ cwd }, "stats", "--db", db);
    return (counts.completed ?? 0) > 0;
  };
  for (let count = 1500; ; count *= 3) {
    const files = Array.from({ length: count }, (_, at) => [`tree/${at}`, `${at}`.repeat(5000)]);
    writeTree(cwd, Object.fromEntries(files));
    const env = { ERGATE_DEMO_TRACE: trace };
    const child = launch(t, { cwd, env }, "demo", "tree", "--threads", "1");
    const over = ended(child);
    await untilTraced(child, trace, 200);
    while (!(await settled()));
    child.kill(signal);
    const end = await over;
    // A run that was over already, and was hit on its way out, goes on nowhere.
    if (end.code !== 0 && !existsSync(join(cwd, "SHA256SUMS"))) return { ...end, count };
    for (const made of [".ergate", "SHA256SUMS", "trace"]) {
      rmSync(join(cwd, made), { recursive: true, force: true });
    }
  }
}

interface Stats {
  counts: Record<string, number>;
}

test("after kill -9 a second start finishes the same run, also of files that came since", async (t) => {
  const cwd = tempFolder(t);
  const { count } = await hitMidway(t, cwd, "SIGKILL");
  assert.equal(existsSync(join(cwd, "SHA256SUMS")), false);
  const entered = readFileSync(join(cwd, "trace"), "utf8").split("\nbegin ").length;
  writeTree(cwd, { "tree/new": "new" });
  const summary = await demo(cwd, "tree");
  assert.equal(summary.files, count + 1);
  assert.match(summary.run, /:1$/);
  assert.ok(summary.resumed > 0 && summary.resumed <= entered, `${summary.resumed} of ${entered}`);
  assert.equal(summary.hashed, count + 1 - summary.resumed);
  check(cwd);
});

test("two demos of one run at a time share it; of two runs they keep apart", async (t) => {
  const cwd = tempFolder(t);
  const files = Array.from({ length: 200 }, (_, at) => [`tree/${at}`, `${at}`]);
  writeTree(cwd, { ...Object.fromEntries(files), "other/a": "a" });
  const [one, two, other] = await Promise.all([
    demo(cwd, "tree", "--threads", "1"),
    demo(cwd, "tree", "--threads", "1"),
    demo(cwd, "other", "--threads", "1", "--out", "OTHER"),
  ]);
  assert.deepEqual([one.files, two.files, other.files], [200, 200, 1]);
  check(cwd);
  assert.match(readFileSync(join(cwd, "OTHER"), "utf8"), /^\w{64} {2}other\/a\n$/);
});

test("SIGINT stops a demo cleanly, and the next start goes on", async (t) => {
  const cwd = tempFolder(t);
  const { count, code, stderr } = await hitMidway(t, cwd, "SIGINT");
  assert.equal(code, 1);
  assert.match(stderr, /SIGINT: stopping; start it again to go on/);
  const { files: done, resumed } = await demo(cwd, "tree");
  assert.equal(done, count);
  assert.ok(resumed > 0);
  check(cwd);
});
