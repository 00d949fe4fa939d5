import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { commandFault } from "../../lib/command/end.ts";
import { PipePool } from "../../lib/command/pipes.ts";
import { ran, until, Watched } from "./kit.ts";

const bounded = { timeout: 30_000 };

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), "ergate-test-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

test("a command's lines come by stream, and its end tells code, times and output", async (t) => {
  const before = Date.now();
  const { end, lines } = await ran(t, { command: "echo out; echo problem >&2; exit 3" });
  assert.deepEqual(
    lines.sort((one, other) => one.stream.localeCompare(other.stream)),
    [
      { stream: "stderr", text: "problem" },
      { stream: "stdout", text: "out" },
    ],
  );
  assert.ok(end.type === "exited" && end.exitCode === 3 && end.signal === undefined);
  assert.deepEqual(end.output.split("\n").sort(), ["", "out", "problem"]);
  assert.equal(end.truncated, false);
  assert.equal(end.isHeld, false);
  assert.ok(before <= Number(end.startedAt) && Number(end.startedAt) <= end.endedAt);
  assert.ok(end.endedAt <= Date.now());
  assert.equal(commandFault(end)?.code, "ERR_ERGATE_COMMAND_FAILED");
  assert.match(String(commandFault(end)?.message), /exited with code 3/);
});

test("a command that ends well has no fault", async (t) => {
  const { end } = await ran(t, { argv: ["true"] });
  assert.equal(commandFault(end), undefined);
});

test("a program that a signal ends is told by the signal", async (t) => {
  const { end } = await ran(t, { command: "kill -SEGV $$" });
  assert.ok(end.type === "exited" && end.signal === "SIGSEGV" && end.exitCode === undefined);
  assert.match(String(commandFault(end)?.message), /ended by SIGSEGV/);
});

const alternating = "for i in $(seq 200); do echo o$i; echo e$i >&2; done";
const inOrder = Array.from({ length: 200 }, (_, at) => [`o${at + 1}`, `e${at + 1}`]).flat();

test("merged output is one pipe: both streams' lines come in their exact order", async (t) => {
  const { lines, end } = await ran(t, { command: alternating, output: "merged" });
  assert.deepEqual(
    lines.map(({ text }) => text),
    inOrder,
  );
  assert.ok(lines.every(({ stream }) => stream === "stdout"));
  assert.equal(end.output, `${inOrder.join("\n")}\n`);
});

test("lines come while the command runs, the last one without a line end too", async (t) => {
  const watched = new Watched(t, { command: "echo first; read; printf last", stdin: "" });
  await watched.line(/^first$/);
  await watched.ended;
  assert.deepEqual(watched.texts, ["first", "last"]);
});

test("a line comes although the next one is far away", bounded, async (t) => {
  const watched = new Watched(t, { command: "echo first; sleep 1000" });
  await watched.line(/^first$/);
  assert.equal(watched.run.kill({ asked: "stop", reason: "" }), true);
});

test("a program may open its streams by name, and read its input late and twice", async (t) => {
  const command = "echo a >/dev/stdout; echo b >/dev/stderr; cat /dev/stdin /dev/stdin; cat";
  const { lines } = await ran(t, { command, stdin: "in\n" });
  const texts = (stream: string) => lines.flatMap((it) => (it.stream === stream ? [it.text] : []));
  assert.deepEqual(texts("stdout"), ["a", "in", "in", "in"]);
  assert.deepEqual(texts("stderr"), ["b"]);
});

test("without stdin a program reads an end of file", async (t) => {
  assert.deepEqual((await ran(t, { argv: ["cat"] })).end.output, "");
});

test("a megabyte of input that nobody reads does no harm", async (t) => {
  const { end } = await ran(t, { argv: ["true"], stdin: "x".repeat(1 << 20) });
  assert.ok(end.type === "exited" && end.exitCode === 0);
});

test("args come by the environment, or whole by stdin", async (t) => {
  const args = JSON.stringify({ text: "é".repeat(200_000) });
  const small = { facts: { args: '{"a":1}', plannedAt: 5 } };
  const told = await ran(t, { command: "echo $ERGATE_ARGS $ERGATE_PLANNED_AT" }, small);
  assert.deepEqual(told.texts, ['{"a":1} 5']);
  const options = { command: "wc -c", stdin: { from: "args" } } as const;
  const read = await ran(t, options, { facts: { args } });
  assert.equal(read.texts[0]?.trim(), String(Buffer.byteLength(args)));
  const { end } = await ran(t, { command: "wc -c" }, { facts: { args } });
  assert.ok(end.type === "refused" && end.error.code === "ERR_ERGATE_PAYLOAD_SIZE");
});

test("a program gets the environment it was given, and not the host's secrets", async (t) => {
  const env = { PATH: process.env.PATH, SECRET: "s" };
  const { texts } = await ran(t, { argv: ["env"], env: { A: "1" } }, { env });
  const names = texts.map((text) => text.split("=")[0]).sort();
  assert.deepEqual(names, ["A", "ERGATE_ATTEMPT", "ERGATE_JOB_ID", "ERGATE_RUN", "PATH"]);
});

test("a program runs in its cwd, and its group and session are its own", async (t) => {
  const cwd = folderOf(t);
  const { texts } = await ran(t, { command: "pwd -P; ps -o pid=,pgid=,sid= -p $$", cwd });
  assert.equal(texts[0], cwd);
  const [pid, group, session] = (texts[1] as string).trim().split(/\s+/);
  assert.deepEqual([group, session], [pid, pid]);
});

const limits = { openFiles: 50 };

test("a program that is not there is named, with and without limits", async (t) => {
  for (const options of [{ argv: ["no-such-program"] }, { argv: ["no-such-program"], limits }]) {
    const { end } = await ran(t, options);
    assert.ok(end.type === "refused");
    assert.equal(end.error.code, "ERR_ERGATE_COMMAND_NOT_FOUND");
    assert.match(end.error.message, /^program no-such-program was not found in PATH \(.*bin/);
    assert.equal(end.startedAt, undefined);
  }
  const { end } = await ran(t, { command: "true", shell: "/no/such/shell" });
  assert.ok(end.type === "refused" && end.error.message === "program /no/such/shell was not found");
});

test("a program that can't be executed is told from one that is not there", async (t) => {
  const folder = folderOf(t);
  writeFileSync(join(folder, "plain"), "echo\n");
  writeFileSync(join(folder, "script"), "#!/no/such/interpreter\n");
  chmodSync(join(folder, "script"), 0o755);
  const refusal = async (program: string, more = {}) => {
    const { end } = await ran(t, { argv: [program], cwd: folder, ...more });
    assert.ok(end.type === "refused", program);
    assert.equal(end.error.code, "ERR_ERGATE_COMMAND_NOT_EXECUTABLE");
    return end.error.message;
  };
  assert.match(await refusal("./plain"), /plain can't be executed: it lacks the permission/);
  assert.match(await refusal("./plain", { limits }), /it lacks the permission/);
  assert.match(await refusal(folder), /can't be executed: it is no file/);
  assert.match(await refusal("./script"), /first line names \/no\/such\/interpreter/);
});

test("a cwd that can't be entered is told apart from a missing program", async (t) => {
  const file = join(folderOf(t), "file");
  writeFileSync(file, "");
  for (const [cwd, problem] of [
    ["/no/such/folder", /cwd \/no\/such\/folder is not there/],
    [file, /is no folder/],
  ] as const) {
    const { end } = await ran(t, { argv: ["true"], cwd });
    assert.ok(end.type === "refused" && end.error.code === "ERR_ERGATE_COMMAND_FOLDER");
    assert.match(end.error.message, problem);
  }
});

test("what a shell does not find fails the run, with the shell's own words", async (t) => {
  const { end } = await ran(t, { command: "no-such-program" });
  const fault = commandFault(end);
  assert.equal(fault?.code, "ERR_ERGATE_COMMAND_FAILED");
  assert.match(String(fault?.message), /code 127: a program in it was not found; last: .*no-such/);
});

test("a start that the system refuses is a fault that may pass", async (t) => {
  const env = Object.fromEntries(
    Array.from({ length: 100 }, (_, at) => [`V${at}`, "x".repeat(1e5)]),
  );
  const { end } = await ran(t, { argv: ["true"], env });
  assert.ok(end.type === "refused" && end.error.code === "ERR_ERGATE_COMMAND_START");
  assert.match(end.error.message, /^true could not be started: .*E2BIG/);
  assert.equal(end.error.retryable, true);
});

test("of much output the last 64 KiB are kept", async (t) => {
  const { end, texts } = await ran(t, { command: "seq 100000" });
  assert.equal(texts.length, 100_000);
  assert.equal(end.truncated, true);
  assert.equal(Buffer.byteLength(end.output), 65_536);
  assert.ok(end.output.endsWith("\n99999\n100000\n"));
});

test("a line longer than 64 KiB is cut with a marker, and the next one is whole", async (t) => {
  const { texts } = await ran(t, {
    command: "head -c 200000 /dev/zero | tr '\\0' x; echo; echo next",
  });
  assert.match(texts[0] as string, /^x+ … \[cut: the line had 200000 bytes\]$/);
  assert.ok(Buffer.byteLength(texts[0] as string) <= 65_536);
  assert.equal(texts[1], "next");
});

test("where the system makes no pipes, spawn's do, and merged ones keep their order", async (t) => {
  const pool = new PipePool("no-such-mkfifo");
  const split = await ran(t, { command: "cat; echo b >&2", stdin: "a" }, { pool });
  assert.deepEqual(split.lines.map(({ stream, text }) => stream + text).sort(), [
    "stderrb",
    "stdouta",
  ]);
  const merged = await ran(t, { command: alternating, output: "merged" }, { pool });
  assert.deepEqual(merged.texts, inOrder);
});

test("limits hold for the program and what it starts", async (t) => {
  const all = { openFiles: 50, fileBytes: 1_000_000, cpu: "1500ms", memoryBytes: 1e9, nice: 7 };
  const command = "bash -c 'ulimit -n; ulimit -f; ulimit -St; ulimit -Ht; ulimit -v; nice'";
  const { texts } = await ran(t, { command, limits: all });
  assert.deepEqual(texts, ["50", "977", "2", "7", "976563", "7"]);
});

test("a program past its CPU limit is ended by the system", bounded, async (t) => {
  const { end } = await ran(t, { argv: ["perl", "-e", "1 while 1"], limits: { cpu: "1s" } });
  assert.ok(end.type === "exited" && end.signal === "SIGXCPU");
});

test("a limit above what this process may set refuses the start, and nothing runs", async (t) => {
  const { end, lines } = await ran(t, { command: "echo ran", limits: { openFiles: 4e9 } });
  assert.ok(end.type === "refused" && end.error.code === "ERR_ERGATE_COMMAND_LIMIT");
  assert.match(end.error.message, /limits\.openFiles can't be set to 4000000000/);
  assert.deepEqual(lines, []);
});

test("memory and CPU time are sampled over the whole tree, and marked so", bounded, async (t) => {
  const burn = "perl -e '$x = q(x) x 60_000_000; 1 while 1'";
  const watched = new Watched(t, { command: `${burn} & ${burn} & wait` });
  await until(t, () => (watched.run.usage?.cpuMs ?? 0) > 300);
  await until(t, () => (watched.run.usage?.peakMemoryBytes ?? 0) > 120_000_000);
  watched.run.kill({ asked: "stop", reason: "" });
  const { usage } = await watched.ended;
  assert.equal(usage?.sampled, true);
  assert.ok((usage?.cpuMs ?? 0) > 300 && (usage?.peakMemoryBytes ?? 0) > 120_000_000);
});

test("a command that ends before the first sample has no usage", async (t) => {
  const { end } = await ran(t, { argv: ["true"] });
  assert.equal(end.usage, undefined);
});
