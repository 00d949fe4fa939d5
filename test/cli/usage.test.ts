import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ergate, faultOf, inside, tempFolder } from "./ergate.ts";

const wrong: readonly (readonly string[])[] = [
  ["no-such-command"],
  ["jobs"],
  ["jobs", "fly"],
  ["--json", "stats"],
  ["stats", "--no-such-option"],
  ["stats", "a-word-too-many"],
  ["stats", "--db"],
  ["help", "fly"],
  ["commands"],
  ["commands", "add", "x"],
  ["commands", "add", "x", "two", "words"],
  ["commands", "add", "x", "true", "--stdin", "a", "--stdin-args"],
  ["commands", "add", "x", "true", "--env", "A"],
  ["commands", "add", "x", "true", "--output", "mixed"],
  ["commands", "kill"],
  ["commands", "kill", "x", "--timeout", "soon"],
  ["commands", "logs", "x", "--tail", "0"],
  ["schedules"],
  ["schedules", "add", "x", "--every", "5m"],
  ["schedules", "add", "x", "--job", "report"],
  ["schedules", "add", "x", "--job", "report", "--every", "5m", "--cron", "@daily"],
  ["schedules", "add", "x", "--job", "report", "--every", "soon"],
  ["schedules", "add", "x", "--job", "report", "--every", "5m", "--overlap", "maybe"],
  ["schedules", "add", "x", "--job", "report", "--every", "5m", "--args", "{"],
  ["schedules", "preview"],
  ["schedules", "preview", "* * * * *", "--every", "5m"],
  ["schedules", "preview", "x", "--every", "5m"],
  ["schedules", "preview", "* * * * *", "--count", "0"],
  ["schedules", "rm"],
  ["schedules", "trigger", "x", "--overlap", "maybe"],
  ["enqueue"],
  ["enqueue", "mail", "{"],
  ["enqueue", "mail", "--delay", "soon"],
  ["enqueue", "mail", "--priority", "high"],
  ["enqueue", "mail", "--on-conflict", "ignore"],
  ["enqueue", "mail", "--unique-until", "soon"],
  ["enqueue", "mail", "--unique-by", "to", "--unique-key", "k"],
  ["jobs", "show"],
  ["jobs", "ls", "--state", "asleep"],
  ["jobs", "ls", "--limit", "0"],
  ["jobs", "retry"],
  ["jobs", "rm", "--state", "dead"],
  ["jobs", "stop", "an-id", "--all"],
  ["queues", "pause"],
  ["hooks", "resend"],
  ["hooks", "resend", "an-id", "--job", "another"],
  ["hooks", "ls", "--state", "asleep"],
  ["hooks", "disable"],
  ["backup"],
  ["serve", "--threads", "none"],
  ["serve", "--port", "70000"],
  ["serve", "--no-http", "--port", "1"],
  ["demo", "one", "two"],
];

for (const args of wrong) {
  test(`ergate ${args.join(" ")}: one line and a hint on stderr, and 2`, async () => {
    const { code, stdout, stderr } = await inside({ cwd: "/nowhere" }, ...args);
    assert.deepEqual([code, stdout], [2, ""]);
    if (args.includes("--json")) assert.equal(typeof JSON.parse(stderr).error.message, "string");
    else assert.match(stderr, /^error: .+\nTry: ergate .*--help\n$/);
  });
}

test("a process of wrong usage exits 2", async (t) => {
  const { code, stdout, stderr } = await ergate({ cwd: tempFolder(t) }, "fly");
  assert.deepEqual([code, stdout], [2, ""]);
  assert.equal(stderr, 'error: there is no command "fly"\nTry: ergate --help\n');
});

test("with --json wrong usage is told as JSON", async (t) => {
  const fault = await faultOf({ cwd: tempFolder(t) }, "jobs", "ls", "--bogus");
  assert.equal(fault.exit, 2);
  assert.equal(fault.code, "ERR_ERGATE_OPTION");
  assert.match(fault.message, /--bogus/);
});

test("help and version are answers", async (t) => {
  const cwd = tempFolder(t);
  const [all, none, group, one, version] = await Promise.all([
    ergate({ cwd }, "--help"),
    inside({ cwd }),
    inside({ cwd }, "jobs", "--help"),
    inside({ cwd }, "jobs", "ls", "--help"),
    inside({ cwd }, "--version"),
  ]);
  for (const { code, stderr } of [all, none, group, one, version]) {
    assert.equal(code, 0, stderr);
    assert.equal(stderr, "");
  }
  assert.equal(none.stdout, all.stdout);
  const names = ["serve", "demo", "enqueue", "jobs ls", "queues ls", "schedules ls", "doctor"];
  for (const name of [...names, "bench"]) {
    assert.match(all.stdout, new RegExp(`^  ${name}\\b`, "m"));
  }
  assert.match(group.stdout, /jobs cancel/);
  assert.match(one.stdout, /^Usage: ergate jobs ls.*--cursor CURSOR.*--json/s);
  assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
});

test("help of a word is what --help after it is", async (t) => {
  const cwd = tempFolder(t);
  for (const topic of [["schedules"], ["schedules", "add"], ["serve"]]) {
    const help = await inside({ cwd }, "help", ...topic);
    assert.equal(help.code, 0);
    assert.equal(help.stdout, (await inside({ cwd }, ...topic, "--help")).stdout);
    assert.match(help.stdout, new RegExp(`^.*ergate[^]* ${topic.join(" ")} `));
  }
});

test("commands that only read make no file", async (t) => {
  const cwd = tempFolder(t);
  const commands = [
    ["jobs", "ls"],
    ["jobs", "show", "x"],
    ["jobs", "retry", "--all"],
    ["queues", "ls"],
    ["schedules", "ls"],
    ["schedules", "add", "x", "--job", "report", "--every", "5m"],
    ["workers"],
    ["stats"],
    ["backup", "copy.db"],
  ];
  await Promise.all(
    commands.map(async (args) => {
      const fault = await faultOf({ cwd }, ...args);
      assert.equal(fault.exit, 1);
      assert.equal(fault.code, "ERR_ERGATE_STORE_OPEN");
    }),
  );
  assert.equal(existsSync(join(cwd, "ergate.db")), false);
});

test("doctor tells of a file that is missing or no database", async (t) => {
  const cwd = tempFolder(t);
  writeFileSync(
    join(cwd, "text.db"),
    "no database, but long enough to be read as one\n".repeat(50),
  );
  const [missing, text] = await Promise.all(
    ["missing.db", "text.db"].map((db) => inside({ cwd }, "doctor", "--db", db, "--json")),
  );
  for (const each of [missing, text]) {
    assert.equal(each?.code, 1, each?.stderr);
    assert.equal(JSON.parse(each?.stdout ?? "").ok, false);
  }
  const { findings } = JSON.parse(text?.stdout ?? "");
  assert.equal(findings[0].code, "ERR_ERGATE_STORE_NOT_DATABASE");
});
