import assert from "node:assert/strict";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createRuntime, type Runtime, type StoredCommandView } from "../../actors/index.ts";
import { loadJobs } from "../../lib/cli/serve-jobs.ts";
import type { Page } from "../../lib/job/job.ts";
import { eventually, silent } from "../actors/kit.ts";
import { answerOf, faultOf, inside, type RunOptions, tempFolder, writeTree } from "./ergate.ts";

interface Added {
  disposition: string;
  previous?: object;
  command: StoredCommandView;
}

/** A folder whose ergate.db a runtime of this process serves. */
async function served(t: TestContext): Promise<{ options: RunOptions; runtime: Runtime }> {
  const cwd = tempFolder(t);
  const runtime = await createRuntime({ storage: join(cwd, "ergate.db"), logger: silent });
  t.after(() => runtime.stop({ graceMs: 0 }));
  await runtime.start();
  return { options: { cwd }, runtime };
}

test("commands add makes a command with all that it is told, and changes it", async (t) => {
  const options = { cwd: tempFolder(t) };
  const more = ["--cwd", "sub", "--env", "A=b=c", "--inherit-env", "PATH", "--stdin-args"];
  const how = [
    "--timeout",
    "10m",
    "--grace",
    "2s",
    "--output",
    "merged",
    "--limit",
    "openFiles=64",
  ];
  const runs = ["--concurrency", "2", "--max-attempts", "3", "--shell", "/bin/sh"];
  const text = "tar c . | gzip";
  const first = await answerOf<Added>(
    options,
    ...["commands", "add", "backup", text, ...more, ...how, ...runs],
  );
  const { revision, ...rest } = first.command;
  assert.deepEqual(rest, {
    ...{ name: "backup", command: text, shell: "/bin/sh", cwd: join(options.cwd, "sub") },
    ...{ env: { A: "b=c" }, inheritEnv: ["PATH"], stdin: { from: "args" }, output: "merged" },
    ...{ limits: { openFiles: 64 }, timeout: "10m", grace: "2s", concurrency: 2, maxAttempts: 3 },
    running: 0,
  });
  assert.deepEqual([first.disposition, first.previous], ["created", undefined]);
  const again = await answerOf<Added>(
    options,
    ...["commands", "add", "backup", "--argv", "tar", "c", "."],
  );
  assert.equal(again.disposition, "changed");
  assert.deepEqual(again.command.argv, ["tar", "c", "."]);
  assert.ok(again.command.revision > revision);
  const page = await answerOf<Page<StoredCommandView>>(options, "commands", "ls");
  assert.deepEqual(
    page.items.map(({ name }) => name),
    ["backup"],
  );
  const listed = await inside(options, "commands", "ls");
  assert.match(listed.stdout, /^backup +0 +\d+ +tar c \.$/m);
  const shown = await inside(options, "commands", "show", "backup");
  assert.match(shown.stdout, /^argv +\["tar","c","\."\]$/m);
});

test("serve takes plain objects with a command for jobs", async (t) => {
  const cwd = tempFolder(t);
  writeTree(cwd, {
    "jobs.mjs": `export const a = { name: "a", command: "true" };
      export const b = { name: "b", argv: ["true"] };`,
  });
  const { jobs } = await loadJobs(["jobs.mjs"], cwd);
  assert.deepEqual(
    jobs.map(({ name, command }) => [name, command?.text]),
    [
      ["a", "true"],
      ["b", "true"],
    ],
  );
});

test("commands that can't be are refused with their field", async (t) => {
  const options = { cwd: tempFolder(t) };
  const bad = await faultOf(options, "commands", "add", "x", "true", "--limit", "files=1");
  assert.deepEqual(
    [bad.exit, bad.code, bad.path],
    [1, "ERR_ERGATE_OPTION", "options.limits.files"],
  );
  for (const wrong of [["x", "a", "b"], ["x", "true", "--env", "A"], ["x"]]) {
    assert.equal((await inside(options, "commands", "add", ...wrong)).code, 2);
  }
  await inside(options, "commands", "add", "x", "true");
  const none = await faultOf(options, "commands", "show", "none");
  assert.deepEqual([none.exit, none.code], [1, "ERR_ERGATE_JOB_UNKNOWN"]);
  const gone = await inside(options, "commands", "rm", "x", "none");
  assert.deepEqual([gone.code, gone.stdout], [1, "1 command removed\n"]);
});

test("a command added beside a running process is run by it, its log read, and it is killed", async (t) => {
  const { options, runtime } = await served(t);
  await inside(options, "commands", "add", "hello", 'echo "hi $ERGATE_ARGS"');
  const ran = await answerOf<{ state: string; result: { output: string } }>(
    options,
    ...["commands", "run", "hello", '{"to":"me"}', "--wait"],
  );
  assert.deepEqual([ran.state, ran.result.output], ["completed", 'hi {"to":"me"}\n']);
  const text = await eventually(
    () => inside(options, "commands", "logs", "hello"),
    ({ stdout }) => stdout.includes("hi"),
  );
  assert.match(text.stdout, /#1 info +hi \{"to":"me"\}$/m);
  await inside(options, "commands", "add", "sleeps", "exec sleep 1000");
  const { id } = await answerOf<{ id: string }>(options, "enqueue", "sleeps");
  await eventually(
    () => runtime.jobs.get(id),
    (job) => job?.state === "running",
  );
  const killed = await inside(
    options,
    "commands",
    "kill",
    "sleeps",
    id,
    "none",
    "--reason",
    "enough",
  );
  assert.deepEqual(
    [killed.code, killed.stdout],
    [0, `sleeps killed\n${id} already done\nnone not running\n`],
  );
  const job = await runtime.jobs.get(id);
  assert.deepEqual([job?.state, job?.reason], ["stopped", "enough"]);
});
