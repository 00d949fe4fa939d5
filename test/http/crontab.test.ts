import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { limits } from "../../lib/base/limits.ts";
import { bounded, eventually, newFile } from "../actors/kit.ts";
import { call, served } from "./kit.ts";

interface Envelope {
  errno: number;
  msg: string;
  data: unknown;
}

/** Sends what the page of go-crontab sends: a form by POST, or a query. */
function master(port: number, headers: Record<string, string> = {}, prefix = "/compat/crontab") {
  const form = { "content-type": "application/x-www-form-urlencoded; charset=UTF-8", ...headers };
  const sent = async (method: string, path: string, body?: string) => {
    const options = body === undefined ? { headers } : { body, headers: form };
    const answer = await call(port, method, `${prefix}${path}`, options);
    assert.equal(answer.status, 200);
    return answer.body as unknown as Envelope;
  };
  const post = (path: string, fields: Record<string, string>) =>
    sent("POST", path, String(new URLSearchParams(fields)));
  return {
    ...{ post, get: (path: string) => sent("GET", path) },
    save: (job: unknown) => post("/job/save", { job: JSON.stringify(job) }),
  };
}

/** Without secrets commands are not changed, unless the server's options say so. */
const allowed = { allowCommands: true };
const success = (data: unknown): Envelope => ({ errno: 0, msg: "success", data });
const yearly = "0 0 1 1 * 2099";

test(
  "jobs are saved, listed, changed and deleted; each tells what was before",
  bounded,
  async (t) => {
    const { runtime, port } = await served(t, allowed, { storage: newFile(t) });
    const { save, get, post } = master(port);
    const job = { name: "backup", command: "echo one", cronExpr: yearly };
    assert.deepEqual(await get("/job/list"), success([]));
    assert.deepEqual(await save(job), success(null));
    const { cron, dialect, nextAt } = (await runtime.schedules.get("backup")) ?? {};
    assert.deepEqual([cron, dialect], [yearly, "cronexpr"]);
    assert.equal(new Date(nextAt ?? 0).getFullYear(), 2099);
    await runtime.commands.upsert("backup", { command: "echo one", timeout: "1m" });
    const changed = { ...job, command: "echo two", cronExpr: "0 30 2 * * * *" };
    assert.deepEqual(await save(changed), success(job));
    assert.equal((await runtime.commands.get("backup"))?.timeout, "1m");
    assert.deepEqual(await save({ ...job, name: "a" }), success(null));
    assert.deepEqual(await get("/job/list"), success([{ ...job, name: "a" }, changed]));
    assert.deepEqual(await post("/job/delete", { name: "backup" }), success(changed));
    assert.deepEqual(await post("/job/delete", { name: "backup" }), success(null));
    assert.equal(await runtime.schedules.get("backup"), undefined);
    assert.equal(await runtime.commands.get("backup"), undefined);
  },
);

test("commands that other hands made are shown as they would be saved", bounded, async (t) => {
  const { runtime, port } = await served(t, allowed, { storage: newFile(t) });
  const { get, save } = master(port);
  await runtime.commands.upsert("plain", { argv: ["echo", "one"] });
  await runtime.schedules.upsert("plain", { cron: "5 30 2 * * 1", job: "plain", zone: "UTC" });
  await runtime.commands.upsert("alone", { command: "true" });
  const plain = { name: "plain", command: "echo one", cronExpr: "5 30 2 * * 1 *" };
  assert.deepEqual(
    await get("/job/list"),
    success([{ name: "alone", command: "true", cronExpr: "" }, plain]),
  );
  const { nextAt } = (await runtime.schedules.get("plain")) ?? {};
  assert.deepEqual(await save(plain), success(plain));
  const { nextAt: kept, zone } = (await runtime.schedules.get("plain")) ?? {};
  assert.deepEqual([kept, zone], [nextAt, "UTC"]);
  assert.deepEqual((await runtime.commands.get("plain"))?.argv, ["echo", "one"]);
});

test(
  "a job that can't be is refused with the reason, and nothing of it is kept",
  bounded,
  async (t) => {
    const taken = defineJob("taken", { run: () => 1 });
    const { runtime, port } = await served(t, allowed, { storage: newFile(t), jobs: [taken] });
    const { save, post, get } = master(port);
    await runtime.schedules.upsert("other", { every: "1h", job: taken });
    const refused = async (answer: Promise<Envelope>, reason: RegExp) => {
      const { errno, msg, data } = await answer;
      assert.deepEqual([errno, data], [-1, null]);
      assert.match(msg, reason);
    };
    const job = { name: "job", command: "true", cronExpr: yearly };
    await refused(save({ ...job, cronExpr: "61 * * * *" }), /61.*column 1/);
    await refused(save({ ...job, cronExpr: "* * * * * 1999" }), /never comes/);
    await refused(save({ ...job, name: "" }), /^job\.name/);
    await refused(save({ ...job, name: "a b" }), /name/);
    await refused(save({ name: "job", command: "true" }), /^job\.cronExpr/);
    await refused(save({ ...job, name: "taken" }), /taken/);
    await refused(save({ ...job, name: "other" }), /runs the job "taken"/);
    await refused(post("/job/save", { job: "{" }), /^job: is no JSON/);
    await refused(post("/job/delete", {}), /^name: is missing/);
    await refused(get("/job/log"), /^name: is missing/);
    await refused(get("/job/delete?name=taken"), /takes POST/);
    assert.deepEqual((await runtime.commands.list()).items, []);
    assert.deepEqual(
      (await runtime.schedules.list()).items.map(({ name }) => name),
      ["other"],
    );
  },
);

test("the log has runs that are over, newest first, by skip and limit", bounded, async (t) => {
  const { runtime, port } = await served(t, allowed, { storage: newFile(t) });
  const { save, get } = master(port);
  for (const command of ["echo one", "echo two >&2; exit 3", "echo three"]) {
    await save({ name: "job", command, cronExpr: yearly });
    const { jobId = "" } = await runtime.schedules.trigger("job");
    await runtime.result(jobId).catch(() => undefined);
  }
  const log = async (query: string) => {
    const { errno, data } = await get(`/job/log?name=job${query}`);
    assert.equal(errno, 0);
    return data as Record<string, number & string>[];
  };
  const all = await eventually(
    () => log(""),
    ({ length }) => length === 3,
  );
  assert.deepEqual(
    all.map(({ jobName, command, output }) => [jobName, command, output]),
    [
      ["job", "echo three", "three\n"],
      ["job", "echo two >&2; exit 3", "two\n"],
      ["job", "echo one", "one\n"],
    ],
  );
  assert.deepEqual([all[0]?.err, all[2]?.err], ["", ""]);
  assert.match(all[1]?.err ?? "", /3/);
  for (const { planTime = 0, scheduleTime = 0, startTime = 0, endTime = 0 } of all) {
    assert.ok(planTime > 1.7e12);
    assert.ok(planTime <= scheduleTime && scheduleTime <= startTime && startTime <= endTime);
  }
  assert.deepEqual(await log("&skip=1&limit=1"), all.slice(1, 2));
  assert.deepEqual(await log("&skip=2"), all.slice(2));
  assert.deepEqual(await log("&skip=3"), []);
  assert.deepEqual(await log("&skip=x&limit=-1"), all);
  assert.deepEqual((await get("/job/log?name=nobody")).data, []);
});

test("the log gives 20 lines unless asked for more", bounded, async (t) => {
  const { runtime, port } = await served(t, allowed, { storage: newFile(t) });
  const { save, get } = master(port);
  await save({ name: "job", command: "true", cronExpr: yearly });
  await runtime.queues.pause("job");
  for (let at = 0; at < 22; at++) await runtime.schedules.trigger("job");
  // The first waits; those beside it are skipped, and on record.
  const lines = async (query: string) =>
    (await get(`/job/log?name=job${query}`)).data as { err: string }[];
  assert.equal((await lines("")).length, limits.crontabLogRows);
  const all = await lines("&limit=100");
  assert.equal(all.length, 21);
  assert.match(all[0]?.err ?? "", /^skipped: /);
  assert.equal((await lines("&skip=20")).length, 1);
});

test("a kill ends what runs, and its schedule stays", bounded, async (t) => {
  const { runtime, port } = await served(t, allowed, { storage: newFile(t) });
  const { save, post } = master(port);
  await save({ name: "long", command: "echo begun; sleep 600", cronExpr: yearly });
  assert.deepEqual(await post("/job/kill", { name: "long" }), success("not running"));
  const { jobId = "" } = await runtime.schedules.trigger("long");
  await eventually(
    () => runtime.jobs.logs(jobId),
    ({ items }) => items.length > 0,
  );
  const { errno, data } = await post("/job/kill", { name: "long" });
  assert.equal(errno, 0);
  assert.ok(data === "killed" || data === "asked");
  await eventually(
    () => runtime.jobs.get(jobId),
    (job) => job?.state === "stopped",
  );
  assert.ok((await runtime.schedules.get("long"))?.nextAt);
});

test("workers are listed by host and process", bounded, async (t) => {
  const { runtime, port } = await served(t);
  const [worker] = await runtime.workers.list();
  const { data } = await master(port).get("/worker/list");
  assert.deepEqual(data, [`${worker?.host}:${process.pid}`]);
});

test("commands change by admins alone, unless the server allows it", bounded, async (t) => {
  const secrets = [
    { name: "hand", secret: "operator-secret", rights: "operate" as const },
    { name: "root", secret: "root-is-admin", rights: "admin" as const },
  ];
  const body = String(new URLSearchParams({ name: "nobody" }));
  const statusOf = (port: number, path: string, secret: string) =>
    call(port, "POST", `/compat/crontab${path}`, {
      body,
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        authorization: `Bearer ${secret}`,
      },
    }).then(({ status }) => status);
  const strict = await served(t, { secrets });
  assert.equal(await statusOf(strict.port, "/job/delete", "operator-secret"), 403);
  assert.equal(await statusOf(strict.port, "/job/delete", "root-is-admin"), 200);
  assert.equal(await statusOf(strict.port, "/job/kill", "operator-secret"), 200);
  const open = await served(t, { secrets, allowCommands: true });
  assert.equal(await statusOf(open.port, "/job/delete", "operator-secret"), 200);
  const bare = await served(t);
  assert.equal(await statusOf(bare.port, "/job/delete", ""), 403);
  assert.equal(await statusOf(bare.port, "/job/kill", ""), 200);
});
