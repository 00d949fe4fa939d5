import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ended, launch, nextLine, tempFolder } from "./ergate.ts";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const jobs = fileURLToPath(new URL("../../examples/jobs", import.meta.url));

test("what README tells a jobservice's user to type does what it says, line by line", async (t) => {
  const [, block = ""] =
    /### Coming from Harbor's jobservice[\s\S]*?```sh\n([\s\S]*?)```/.exec(readme) ?? [];
  const [variables = "", serve = "", ...lines] = block.split("\n");
  assert.match(serve, /^npx ergate serve --jobs jobs\/ &/);
  const [, secret = ""] = /CORE_SECRET=(\S+) JOB_SERVICE_PORT=9321/.exec(variables) ?? [];
  const cwd = tempFolder(t);
  const env = { ...process.env, CORE_SECRET: secret, JOB_SERVICE_PORT: "0" };
  const server = launch(t, { cwd, env }, "serve", "--jobs", jobs);
  const [, url = ""] = /^listening on (http:\S+)$/.exec(await nextLine(server)) ?? [];
  const script = lines.join("\n").replaceAll("http://127.0.0.1:9321", url);
  const { stdout, stderr } = await promisify(execFile)("bash", ["-euc", script], { cwd, env });
  assert.equal(stderr, "");
  const said = stdout
    .trim()
    .split("\n")
    .filter((line) => line !== "");
  const [pending, result, log, plans, executions, stats, ...more] = said;
  assert.deepEqual(more, []);
  const { job } = JSON.parse(pending ?? "");
  assert.deepEqual(
    [job.status, job.kind, job.unique, typeof job.run_at],
    [...["Pending", "Scheduled", true, "number"]],
  );
  assert.deepEqual(JSON.parse(result ?? ""), { done: true, result: { greeting: "hello, Ada" } });
  assert.match(log ?? "", /^\S+Z \[INFO\] greeting Ada$/);
  const [plan] = JSON.parse(plans ?? "");
  assert.deepEqual([plan.job.status, plan.job.cron_spec], ["Scheduled", "0 30 2 * * *"]);
  assert.deepEqual(JSON.parse(executions ?? ""), []);
  assert.equal(JSON.parse(stats ?? "").worker_pools[0].status, "Healthy");
  const auth = { headers: { authorization: `Harbor-Secret ${secret}` } };
  const answer = await fetch(`${url}/api/v1/jobs/${plan.job.id}`, auth);
  assert.equal(JSON.parse(await answer.text()).job.status, "Stopped");
  server.kill("SIGTERM");
  await ended(server);
});
