import assert from "node:assert/strict";
import { once } from "node:events";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createRuntime, defineJob } from "../../actors/index.ts";
import type { FollowedLine } from "../../lib/client/logs.ts";
import type { Page } from "../../lib/job/job.ts";
import type { FoundLine } from "../../lib/log/search.ts";
import { signal } from "../actors/kit.ts";
import { answerOf, inside, launch, nextLine, tempFolder } from "./ergate.ts";

/** A process that runs a job which logs two lines, and two more when it is released. */
async function running(t: TestContext) {
  const release = signal();
  const count = defineJob("count", {
    async run(_args, ctx) {
      ctx.log.info("number 1");
      ctx.log.error("number 2");
      await release.promise;
      ctx.log.info("number 3");
      ctx.log.info("the last");
    },
  });
  const options = { cwd: tempFolder(t) };
  const runtime = await createRuntime({
    storage: join(options.cwd, "ergate.db"),
    jobs: [count],
    log: { commitTimeout: 20 },
  });
  t.after(() => runtime.stop({ graceMs: 0 }));
  await runtime.start();
  const { id } = await runtime.enqueue(count);
  return { options, runtime, id, release: () => release.resolve() };
}

test("jobs logs -f prints the lines as they come, and ends with the job", async (t) => {
  const { options, runtime, id, release } = await running(t);
  const follower = launch(t, options, "jobs", "logs", id, "-f", "--json");
  const lines: FollowedLine[] = [];
  while (lines.length < 2) lines.push(JSON.parse(await nextLine(follower)));
  const interrupted = launch(t, options, "jobs", "logs", id, "--follow", "--tail", "1");
  assert.match(await nextLine(interrupted), /#1 error number 2$/);
  interrupted.kill("SIGINT");
  assert.deepEqual(await once(interrupted, "close"), [130, null]);
  release();
  await runtime.result(id);
  await runtime.stop();
  while (lines.length < 4) lines.push(JSON.parse(await nextLine(follower)));
  assert.deepEqual(
    lines.map(({ text }) => text),
    ["number 1", "number 2", "number 3", "the last"],
  );
  if (follower.exitCode === null) await once(follower, "close");
  assert.equal(follower.exitCode, 0);
  const { stdout } = await inside(options, "jobs", "logs", id, "-f");
  assert.equal(stdout.split("\n").length, 5);
});

test("logs search finds words in the logs of all jobs, and jobs logs a range of time", async (t) => {
  const { options, runtime, id, release } = await running(t);
  release();
  await runtime.result(id);
  await runtime.stop();
  const { items } = await answerOf<Page<FoundLine>>(options, "logs", "search", "NUM*", "3");
  assert.deepEqual(
    items.map(({ jobId, text }) => [jobId, text]),
    [[id, "number 3"]],
  );
  const people = await inside(options, "logs", "search", "number", "--limit", "2", "--job", id);
  assert.match(
    people.stdout,
    new RegExp(`^${id} .* #1 info +number 3\n${id} .* error number 2\n$`),
  );
  assert.match(people.stderr, /^there may be more: --cursor \S+\n$/);
  const none = await answerOf<Page<FoundLine>>(options, "logs", "search", "last", "--until", "1h");
  assert.deepEqual(none, { items: [] });
  assert.equal((await inside(options, "jobs", "logs", id, "--until", "1h")).stdout, "");
  assert.match((await inside(options, "jobs", "logs", id, "--from", "1h")).stdout, /the last\n$/);
  for (const wrong of [
    ["logs", "search"],
    ["jobs", "logs", id, "-f", "--from", "1h"],
  ]) {
    assert.equal((await inside(options, ...wrong)).code, 2);
  }
  assert.equal((await inside(options, "logs", "search", "***")).code, 1);
});
