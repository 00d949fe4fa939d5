import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "../../lib/base/limits.ts";
import { environmentOf } from "../../lib/command/environment.ts";
import { parseCommand } from "../../lib/job/command.ts";
import { factsOf } from "../command/kit.ts";

const linux = { platform: "linux", isRoot: false } as const;
const parsed = (options: unknown, platform: Parameters<typeof parseCommand>[3] = linux) =>
  parseCommand(options, "commands.backup", [], platform);

test("a text goes to bash, or to the shell that is named; argv to no shell", () => {
  const { program, args, text } = parsed({ command: "a | b" });
  assert.deepEqual([program, args, text], ["/bin/bash", ["-c", "a | b"], "a | b"]);
  assert.equal(parsed({ command: "a", shell: "/bin/dash" }).program, "/bin/dash");
  const direct = parsed({ argv: ["tar", "c", "it's", ""] });
  assert.deepEqual([direct.program, direct.args], ["tar", ["c", "it's", ""]]);
  assert.equal(direct.text, "tar c 'it'\\''s' ''");
});

test("on Windows a text goes to cmd as it is", () => {
  const { program, args, verbatim } = parsed(
    { command: 'dir "a b"' },
    { platform: "win32", isRoot: false },
  );
  assert.deepEqual([program, args, verbatim], ["cmd.exe", ["/d", "/s", "/c", '"dir "a b""'], true]);
});

test("what is not given has its default", () => {
  const spec = parsed({ command: "a" });
  assert.equal(spec.graceMs, 5_000);
  assert.equal(spec.timeoutMs, undefined);
  assert.equal(spec.merged, false);
  assert.deepEqual(spec.stdin, { type: "none" });
  assert.deepEqual(spec.limits, []);
});

const c = { command: "a" };
const refusals: [field: string, options: unknown, problem: RegExp][] = [
  ["command", {}, /is missing/],
  ["command", { command: " " }, /must not be empty/],
  ["command", { command: 1 }, /must be a string/],
  ["command", { command: "a\0" }, /NUL/],
  ["command", { command: "a".repeat(limits.commandArgBytes + 1) }, /at most 122880 bytes/],
  ["argv", { ...c, argv: ["a"] }, /excludes command/],
  ["argv", { argv: [] }, /list of 1 to/],
  ["argv", { argv: "a b" }, /list of 1 to/],
  ["argv[0]", { argv: [""] }, /must name a program/],
  ["argv[1]", { argv: ["a", 1] }, /must be a string/],
  ["shell", { argv: ["a"], shell: "/bin/sh" }, /for command/],
  ["shell", { ...c, shell: "" }, /must not be empty/],
  ["cwd", { ...c, cwd: 5 }, /must be a string/],
  ["env", { ...c, env: ["A=1"] }, /must be an object/],
  ["env.A", { ...c, env: { A: 1 } }, /must be a string/],
  ["env.A=B", { ...c, env: { "A=B": "1" } }, /no variable's name/],
  ["env.ERGATE_RUN", { ...c, env: { ERGATE_RUN: "1" } }, /set by Ergate/],
  ["inheritEnv", { ...c, inheritEnv: "PATH" }, /must be a list/],
  ["inheritEnv[1]", { ...c, inheritEnv: ["PATH", "A*B"] }, /variable's name/],
  ["stdin", { ...c, stdin: 1 }, /must be an object/],
  ["stdin.from", { ...c, stdin: { from: "file" } }, /must be one of args/],
  ["timeout", { ...c, timeout: "soon" }, /is "soon"/],
  ["timeout", { ...c, timeout: 0 }, /longer than 0/],
  ["grace", { ...c, grace: -1 }, /is -1/],
  ["output", { ...c, output: "both" }, /must be one of split, merged/],
  ["limits.cpu", { ...c, limits: { cpu: 0 } }, /longer than 0/],
  ["limits.openFiles", { ...c, limits: { openFiles: 0 } }, /whole number from 1/],
  ["limits.nice", { ...c, limits: { nice: -5 } }, /from 0 to 19/],
  ["limits.disk", { ...c, limits: { disk: 1 } }, /is no option/],
  ["retries", { ...c, retries: 1 }, /is no option/],
];

for (const [field, options, problem] of refusals) {
  test(`refuses ${JSON.stringify(options)?.slice(0, 60)} at ${field}: ${problem.source}`, () => {
    assert.throws(() => parsed(options), { path: `commands.backup.${field}`, message: problem });
  });
}

test("a limit that the platform can't keep is refused, not left out", () => {
  const refused = (limit: object, platform: NodeJS.Platform, isRoot: boolean, problem: RegExp) => {
    const [name] = Object.keys(limit);
    assert.throws(() => parsed({ ...c, limits: limit }, { platform, isRoot }), {
      path: `commands.backup.limits.${name}`,
      message: problem,
    });
  };
  refused({ cpu: "1s" }, "win32", false, /can't be kept on win32/);
  refused({ memoryBytes: 1e9 }, "darwin", false, /can't be kept on macOS/);
  refused({ processes: 50 }, "linux", true, /can't be kept for root/);
  assert.equal(parsed({ ...c, limits: { processes: 50 } }).limits[0]?.value, 50);
});

test("keys that the caller reads itself are taken", () => {
  assert.equal(parseCommand({ ...c, schedule: "@daily" }, "c", ["schedule"]).text, "a");
});

const host = { PATH: "/bin", LC_TIME: "de", AWS_SECRET: "s", NODE_OPTIONS: "x", ERGATE_RUN: "old" };

test("a program inherits what the list allows, and no secret of the host", () => {
  const env = environmentOf(parsed({ ...c, env: { A: "1" } }), factsOf({ runId: "r" }), host);
  assert.deepEqual(env, {
    ERGATE_RUN: "r",
    ERGATE_JOB_ID: "job",
    ERGATE_ATTEMPT: "1",
    PATH: "/bin",
    LC_TIME: "de",
    A: "1",
  });
});

test("a list of its own takes the default's place, and * stands for any rest", () => {
  const names = (inheritEnv: string[]) => {
    const env = environmentOf(parsed({ ...c, inheritEnv }), factsOf({ runId: "r" }), host);
    assert.equal(env.ERGATE_RUN, "r");
    return Object.keys(env).filter((name) => !name.startsWith("ERGATE_"));
  };
  assert.deepEqual(names(["AWS_*"]), ["AWS_SECRET"]);
  assert.deepEqual(names([]), []);
  assert.deepEqual(names(["*"]), ["PATH", "LC_TIME", "AWS_SECRET", "NODE_OPTIONS"]);
});

test("facts of the run are told by name, the args as JSON up to what a variable holds", () => {
  const facts = factsOf({ plannedAt: 1_700_000_000_000, args: '{"a":1}', attempt: 2 });
  const env = environmentOf(parsed(c), facts, {});
  assert.equal(env.ERGATE_PLANNED_AT, "1700000000000");
  assert.equal(env.ERGATE_ARGS, '{"a":1}');
  assert.equal(env.ERGATE_ATTEMPT, "2");
  const large = factsOf({ args: JSON.stringify("é".repeat(61_440)) });
  assert.throws(() => environmentOf(parsed(c), large, {}), {
    code: "ERR_ERGATE_PAYLOAD_SIZE",
    message: /args are 122882 bytes.*stdin: \{ from: "args" \}/,
  });
  const fromStdin = environmentOf(parsed({ ...c, stdin: { from: "args" } }), large, {});
  assert.equal(fromStdin.ERGATE_ARGS, undefined);
});
