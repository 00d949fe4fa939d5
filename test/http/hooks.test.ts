import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { createClient } from "../../lib/client/remote.ts";
import { bounded, eventually, refuses } from "../actors/kit.ts";
import { inside, tempFolder } from "../cli/ergate.ts";
import { receiver, statuses } from "../hook/receiver.ts";
import { call, served } from "./kit.ts";

const empty = defineJob("empty", { run: () => undefined });

test(
  "a job that is enqueued over HTTP tells by its hook, and a bad one is refused",
  bounded,
  async (t) => {
    const { url: to, has } = await receiver(t);
    const { port } = await served(t, {}, { jobs: [empty] });
    const post = (hook: unknown) =>
      call(port, "POST", "/api/v2/jobs", { body: { job: "empty", hook } });
    assert.equal((await post(to)).status, 201);
    assert.equal((await post({ url: to, events: ["completed"] })).status, 201);
    assert.equal((await post(false)).status, 201);
    await has(3);
    const bad = await post("http://169.254.169.254/latest");
    assert.deepEqual([bad.status, bad.body.err], [400, "ERR_ERGATE_HOOK_URL"]);
    assert.equal((await post({ url: to, events: ["never"] })).body.err, "ERR_ERGATE_OPTION");
    const { body } = await call(port, "GET", "/metrics");
    const text = String(body.text);
    await eventually(
      async () => String((await call(port, "GET", "/metrics")).body.text),
      (shown) => shown.includes('ergate_hook_attempts_total{outcome="delivered"} 3'),
    );
    for (const name of ["backlog_events", "backlog_age_seconds", "dead_events", "overflow_total"]) {
      assert.ok(text.includes(`ergate_hook_${name}`), name);
    }
  },
);

test(
  "hooks are set, listed, sent again and switched off by a remote client",
  bounded,
  async (t) => {
    const { url: to, has, got } = await receiver(t, statuses(410, 200));
    const { runtime, url } = await served(t, {}, { jobs: [empty] });
    const client = createClient({ url });
    const { id } = await client.enqueue(empty, {}, { delay: "1h" });
    await client.hooks.register(id, { url: to, secret: "a word" });
    await refuses(client.hooks.register("none", to), "ERR_ERGATE_JOB_NOT_FOUND");
    await refuses(client.hooks.register(id, "nowhere"), "ERR_ERGATE_HOOK_URL", "hook");
    await client.jobs.retry(id);
    const dead = () => client.hooks.list({ state: "dead", job: id });
    const { items } = await eventually(dead, (page) => page.items.length === 3);
    assert.deepEqual(
      items.map(({ status }) => status),
      ["Success", "Running", "Pending"],
    );
    assert.equal(JSON.stringify(items).includes("a word"), false);
    const [off] = await client.hooks.disabled();
    assert.deepEqual([off?.url, off?.reason], [to, "HTTP 410"]);
    assert.deepEqual([await client.hooks.enable(to), await client.hooks.enable(to)], [true, false]);
    assert.equal(await client.hooks.resend(items[2]?.id ?? ""), 1);
    await has(2);
    assert.equal(await client.hooks.resend({ url: to }), 2);
    await has(4);
    assert.deepEqual(
      got.map(({ body }) => body.status),
      ["Pending", "Pending", "Running", "Success"],
    );
    await eventually(
      () => runtime.stats(),
      ({ hooks }) => hooks.waiting + hooks.kept === 0,
    );
    assert.equal(await client.hooks.disable(to), true);
    await refuses(client.hooks.disable("nowhere"), "ERR_ERGATE_HOOK_URL", "url");
  },
);

test(
  "the command line lists events, sends them again and switches addresses",
  bounded,
  async (t) => {
    const { url: to, has } = await receiver(t, statuses(410, 200));
    const { runtime, url } = await served(t, {}, { jobs: [empty] });
    const options = { cwd: tempFolder(t), env: { ERGATE_URL: url } };
    assert.equal((await inside(options, "enqueue", "empty", "--hook", to)).code, 0);
    await eventually(
      () => runtime.stats(),
      ({ hooks }) => hooks.kept === 2,
    );
    const listed = await inside(options, "hooks", "ls", "--state", "dead", "--to", to);
    assert.match(listed.stdout, /evt_1_\w+ .* running +dead .* HTTP 410/);
    assert.equal((await inside(options, "hooks", "enable", to)).stdout, "enabled\n");
    assert.equal(
      (await inside(options, "hooks", "resend", "--to", to)).stdout,
      "2 taken up again\n",
    );
    await has(3);
    assert.equal((await inside(options, "hooks", "disable", to)).stdout, "disabled\n");
    assert.equal((await inside(options, "hooks", "disable", to)).stdout, "was disabled already\n");
  },
);
