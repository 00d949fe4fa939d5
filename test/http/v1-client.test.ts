import assert from "node:assert/strict";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { bounded } from "../actors/kit.ts";
import { served } from "./kit.ts";
import { echo, generic, jobservice, scheduled, statsIn } from "./v1-kit.ts";

const secret = "a-harbor-secret";

/** As v1.7.5's src/common/job speaks: what it sends, and which answers it takes for good. */
class DefaultClient {
  readonly #endpoint: string;

  constructor(endpoint: string) {
    this.#endpoint = endpoint;
  }

  async submitJob(data: object): Promise<string> {
    const answer = await this.#do("POST", "/api/v1/jobs", JSON.stringify({ job: data }));
    const text = await answer.text();
    if (answer.status !== 202) throw new Error(`${answer.status}: ${text}`);
    return JSON.parse(text).job.id;
  }

  async getJobLog(id: string): Promise<string> {
    const answer = await this.#do("GET", `/api/v1/jobs/${id}/log`);
    const text = await answer.text();
    if (answer.status !== 200) throw new Error(`${answer.status}: ${text}`);
    return text;
  }

  async postAction(id: string, action: string): Promise<void> {
    const answer = await this.#do("POST", `/api/v1/jobs/${id}`, JSON.stringify({ action }));
    if (answer.status !== 204) throw new Error(`${answer.status}: ${await answer.text()}`);
  }

  #do(method: string, path: string, body?: string): Promise<Response> {
    const headers = {
      Authorization: `Harbor-Secret ${secret}`,
      "Content-Type": "application/json",
    };
    return fetch(this.#endpoint + path, {
      method,
      headers,
      ...(body === undefined ? {} : { body }),
    });
  }
}

test(
  "a client written for Harbor v1.7.5 submits, reads, stops, retries and reads the log",
  bounded,
  async (t) => {
    let fails = true;
    const replicate = defineJob("IMAGE_REPLICATE", {
      maxAttempts: 1,
      run({ repository }: { repository: string }, ctx) {
        ctx.log.info(`replicating ${repository}`);
        if (fails) throw new Error("the registry is away");
        ctx.log.warn("it took two tries");
      },
    });
    const { runtime, url, port } = await served(t, { secret }, { jobs: [replicate] });
    const client = new DefaultClient(url);
    const id = await client.submitJob({
      name: "IMAGE_REPLICATE",
      parameters: { repository: "library/ada" },
      metadata: { kind: "Generic", unique: true },
      status_hook: "",
    });
    await assert.rejects(runtime.result(id));
    const service = jobservice(port, secret);
    const dead = statsIn(await service.get(id));
    assert.deepEqual([dead.status, dead.kind, dead.unique], ["Error", "Generic", true]);
    assert.ok(Number(dead.die_at) > 1e9);
    fails = false;
    await client.postAction(id, "retry");
    await runtime.result(id);
    const lines = (await client.getJobLog(id)).split("\n");
    const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z /;
    assert.deepEqual(
      lines.map((line) => line.replace(time, "")),
      [
        "[INFO] replicating library/ada",
        "[INFO] replicating library/ada",
        "[WARN] it took two tries",
        "",
      ],
    );
    assert.ok(lines.slice(0, 3).every((line) => time.test(line)));
    await client.postAction(id, "stop");
    await assert.rejects(client.postAction(id, "cancel"), /^Error: 409/);
    await assert.rejects(client.getJobLog("none"), /^Error: 404/);
  },
);

test(
  "api: 401 without the right secret has a code, and both schemes are taken",
  bounded,
  async (t) => {
    const { port } = await served(t, { secret }, { jobs: [defineJob("x", { run: () => 1 })] });
    const without = await jobservice(port).submit(generic("x"));
    assert.deepEqual([without.status, without.body.code], [401, 10014]);
    assert.equal(without.headers["www-authenticate"], "Bearer");
    const wrong = await jobservice(port, "another-secret").get("1");
    assert.deepEqual([wrong.status, wrong.body.code], [401, 10014]);
    const { message, description, err, details } = wrong.body;
    assert.deepEqual(
      [typeof message, typeof description, err, details],
      [...["string", "string", "ERR_ERGATE_HTTP_UNAUTHORIZED", undefined]],
    );
    assert.equal((await jobservice(port, secret).submit(generic("x"))).status, 202);
    const headers = { authorization: `Bearer ${secret}` };
    const { status } = await fetch(`http://127.0.0.1:${port}/api/v1/jobs`, { headers });
    assert.equal(status, 200);
  },
);

test(
  "api: stats need no secret at the bare path alone, and tell of each pool",
  bounded,
  async (t) => {
    const more = { jobs: [defineJob("x", { run: () => 1 })], concurrency: 7 };
    const { port } = await served(t, { secret }, more);
    const bare = jobservice(port);
    const got = await bare.stats();
    assert.equal(got.status, 200);
    const [pool, ...others] = got.body.worker_pools as Record<string, unknown>[];
    assert.deepEqual([others.length, pool?.job_names, pool?.status], [0, ["x"], "Healthy"]);
    assert.ok(Number(pool?.concurrency) >= 7);
    const now = Date.now() / 1_000;
    for (const time of [pool?.started_at, pool?.heartbeat_at]) {
      assert.ok(Number.isInteger(time) && Math.abs(Number(time) - now) < 300, String(time));
    }
    assert.equal(typeof pool?.worker_pool_id, "string");
    assert.equal((await bare.send("GET", "/api/v1/stats?a=1")).status, 401);
    assert.equal((await bare.send("GET", "/api/v1/jobs")).status, 401);
  },
);

test(
  "tracker: after Success nothing runs again, the same stop twice is fine, no second final",
  bounded,
  async (t) => {
    const { runtime, port } = await served(t, {}, { jobs: [echo] });
    const service = jobservice(port);
    const { id } = await service.made(generic("echo"));
    await runtime.result(id);
    for (const action of ["cancel", "retry"]) {
      assert.equal((await service.act(id, action)).status, 409, action);
    }
    for (let times = 0; times < 2; times++) {
      assert.equal((await service.act(id, "stop")).status, 204);
    }
    assert.equal(await service.status(id), "Success");
    assert.equal((await runtime.jobs.get(id))?.attempt, 1);
    const later = (await service.made(scheduled("echo", 600))).id;
    for (let times = 0; times < 2; times++) {
      assert.equal((await service.act(later, "stop")).status, 204);
    }
    assert.equal((await service.act(later, "cancel")).status, 409);
    assert.equal(await service.status(later), "Stopped");
  },
);

test(
  "monitor: queues are listed, paused, resumed, and what waits is dropped",
  bounded,
  async (t) => {
    const { runtime, port } = await served(t, {}, { jobs: [echo] });
    const service = jobservice(port);
    const queue = async () => {
      const { body } = await service.send("GET", "/api/v2/queues");
      const items = body.items as {
        name: string;
        pausedAt?: number;
        counts: { available: number };
      }[];
      const one = items.find(({ name }) => name === "echo");
      return [one?.pausedAt !== undefined, one?.counts.available];
    };
    const move = async (verb: string) => {
      const { status } = await service.send("POST", `/api/v2/queues/echo/${verb}`, {});
      assert.equal(Math.floor(status / 100), 2, verb);
    };
    await move("pause");
    for (let n = 0; n < 3; n++) await service.made(generic("echo", { n }));
    assert.deepEqual(await queue(), [true, 3]);
    await move("purge");
    assert.deepEqual(await queue(), [true, 0]);
    const { id } = await service.made(generic("echo"));
    await move("resume");
    await runtime.result(id);
    assert.deepEqual(await queue(), [false, 0]);
  },
);
