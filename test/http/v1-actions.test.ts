import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { createRuntime, defineJob } from "../../actors/index.ts";
import { bounded, newFile, signal, silent } from "../actors/kit.ts";
import { served } from "./kit.ts";
import { echo, faulty, generic, holding, jobservice, scheduled, statsIn } from "./v1-kit.ts";

test("pool: a running Generic job is stopped, and is Stopped", bounded, async (t) => {
  const { job, entered } = holding();
  const { runtime, port } = await served(t, {}, { jobs: [job] });
  const service = jobservice(port);
  const { id } = await service.made(generic("hold"));
  await entered();
  assert.equal(await service.status(id), "Running");
  const { status, body } = await service.act(id, "stop");
  assert.deepEqual([status, body], [204, {}]);
  await assert.rejects(runtime.result(id));
  const stats = statsIn(await service.get(id));
  assert.deepEqual([stats.status, stats.die_at], ["Stopped", undefined]);
});

test("pool: what is pending, Generic or Scheduled, is stopped at once", bounded, async (t) => {
  const { runtime, port } = await served(t, {}, { jobs: [echo] });
  const service = jobservice(port);
  await runtime.queues.pause("echo");
  for (const job of [generic("echo"), scheduled("echo", 600)]) {
    const { id } = await service.made(job);
    assert.equal((await service.act(id, "stop")).status, 204);
    assert.equal(await service.status(id), "Stopped");
  }
});

test(
  "pool: a cancelled job is Cancelled, has a die_at, and its retry is taken",
  bounded,
  async (t) => {
    const { job, entered } = holding();
    const { runtime, port } = await served(t, {}, { jobs: [job] });
    const service = jobservice(port);
    const { id } = await service.made(generic("hold"));
    await entered();
    assert.equal((await service.act(id, "cancel")).status, 204);
    await assert.rejects(runtime.result(id));
    const dead = statsIn(await service.get(id));
    assert.equal(dead.status, "Cancelled");
    assert.ok(Number(dead.die_at) >= Number(dead.enqueue_time));
    assert.equal((await service.act(id, "retry")).status, 204);
    // The old command is moot: the new run isn't asked to end before it is asked anew.
    assert.deepEqual(await entered(2), [id, id]);
    const again = statsIn(await service.get(id));
    assert.deepEqual([again.status, again.die_at], ["Running", undefined]);
    await service.act(id, "stop");
    await assert.rejects(runtime.result(id));
    assert.equal(await service.status(id), "Stopped");
  },
);

test("pool: a retry after all attempts failed works, and die_at is set", bounded, async (t) => {
  const { runtime, port } = await served(t, {}, { jobs: [faulty] });
  const service = jobservice(port);
  const { id } = await service.made(generic("faulty"));
  for (let tries = 0; tries < 2; tries++) {
    await assert.rejects(runtime.result(id));
    const { status, die_at } = statsIn(await service.get(id));
    assert.deepEqual([status, Number.isInteger(die_at)], ["Error", true]);
    assert.equal((await service.act(id, "retry")).status, 204);
  }
});

test(
  "pool: what failed and waits for its next attempt is Error, and runs now when it is retried",
  bounded,
  async (t) => {
    let fails = true;
    const flaky = defineJob("flaky", {
      backoff: "1h",
      run() {
        if (fails) throw new Error("not yet");
      },
    });
    const { runtime, port } = await served(t, {}, { jobs: [flaky] });
    const service = jobservice(port);
    const events = runtime.events({ types: ["retryable"] });
    const { id } = await service.made(generic("flaky"));
    assert.equal((await events.next()).value?.id, id);
    assert.equal(await service.status(id), "Error");
    fails = false;
    assert.equal((await service.act(id, "retry")).status, 204);
    await runtime.result(id);
    assert.equal(await service.status(id), "Success");
  },
);

test(
  "core: every action in every state has its code, and changes nothing where it is refused",
  bounded,
  async (t) => {
    const { job, running } = holding();
    const { runtime, port } = await served(t, {}, { jobs: [job, echo, faulty] });
    const service = jobservice(port);
    await runtime.queues.pause("echo");
    const inState = {
      Pending: async () => (await service.made(generic("echo"))).id,
      Success: async () => {
        const { id } = await service.made(generic("echo"));
        await runtime.queues.resume("echo");
        await runtime.result(id);
        await runtime.queues.pause("echo");
        return id;
      },
      Running: async () => {
        const { id } = await service.made(generic("hold"));
        await running(id);
        return id;
      },
      Error: async () => {
        const { id } = await service.made(generic("faulty"));
        await assert.rejects(runtime.result(id));
        return id;
      },
      Stopped: async () => {
        const { id } = await service.made(generic("echo"));
        await runtime.jobs.stop(id);
        return id;
      },
      Cancelled: async () => {
        const { id } = await service.made(generic("echo"));
        await runtime.jobs.cancel(id);
        return id;
      },
    };
    const codes: Record<
      keyof typeof inState,
      readonly [stop: number, cancel: number, retry: number]
    > = {
      Pending: [204, 204, 409],
      Running: [204, 204, 409],
      Success: [204, 409, 409],
      Error: [204, 409, 204],
      Stopped: [204, 409, 409],
      Cancelled: [204, 409, 204],
    };
    for (const [state, wanted] of Object.entries(codes)) {
      for (const [at, action] of ["stop", "cancel", "retry"].entries()) {
        const id = await inState[state as keyof typeof inState]();
        assert.equal(await service.status(id), state, `${action} in ${state}`);
        const { status, body } = await service.act(id, action);
        assert.equal(status, wanted[at], `${action} in ${state}`);
        const isFinal = state !== "Pending" && state !== "Running";
        const isKept = status === 409 || (isFinal && action === "stop");
        if (isKept) assert.equal(await service.status(id), state, `${action} in ${state}`);
        if (status !== 409) continue;
        assert.deepEqual([body.code, body.err, body.id], [10015, "ERR_ERGATE_JOB_STATE", id]);
      }
    }
  },
);

test(
  "core: an unknown id is 404 with 10013, an unknown action 400 with 10011",
  bounded,
  async (t) => {
    const { port } = await served(t, {}, { jobs: [echo] });
    const service = jobservice(port);
    const { id } = await service.made(generic("echo"));
    const answers = [
      await service.get("none"),
      await service.act("none", "stop"),
      await service.act("none", "cancel"),
      await service.act("none", "retry"),
      await service.log("none"),
      await service.executions("none"),
    ];
    for (const { status, body } of answers) {
      assert.deepEqual([status, body.code, body.err], [404, 10013, "ERR_ERGATE_JOB_NOT_FOUND"]);
    }
    for (const action of ["pause", "", null, 5]) {
      const { status, body } = await service.act(id, action);
      assert.deepEqual([status, body.code, body.path], [400, 10011, "body.action"]);
    }
    const json = await service.send("POST", `/api/v1/jobs/${id}`, "{");
    assert.deepEqual([json.status, json.body.code], [400, 10003]);
  },
);

test(
  "core: a retry whose unique key another job holds is 409 with that one's id",
  bounded,
  async (t) => {
    const { runtime, port } = await served(t, {}, { jobs: [echo] });
    const service = jobservice(port);
    await runtime.queues.pause("echo");
    const unique = generic("echo", {}, { unique: true });
    const { id } = await service.made(unique);
    await service.act(id, "cancel");
    const other = await service.made(unique);
    const { status, body } = await service.act(id, "retry");
    assert.deepEqual([status, body.code, body.id], [409, 10015, other.id]);
  },
);

test("pool: a panic is Error, whatever is thrown, and no Success", bounded, async (t) => {
  const panics = defineJob("panics", {
    maxAttempts: 1,
    run(): never {
      throw null;
    },
  });
  const { runtime, port } = await served(t, {}, { jobs: [panics] });
  const service = jobservice(port);
  const { id } = await service.made(generic("panics"));
  await assert.rejects(runtime.result(id));
  assert.equal(await service.status(id), "Error");
});

test("pool: a check-in is in the stats with its time; an empty one is none", bounded, async (t) => {
  const told = defineJob("told", {
    run(_args: unknown, ctx) {
      ctx.checkIn("half of it");
      return 1;
    },
  });
  const { runtime, port } = await served(t, {}, { jobs: [told, echo] });
  const service = jobservice(port);
  const { id } = await service.made(generic("told"));
  await runtime.result(id);
  const stats = statsIn(await service.get(id));
  assert.equal(stats.check_in, "half of it");
  assert.ok(Number(stats.check_in_at) >= Number(stats.enqueue_time));
  assert.ok(Number(stats.update_time) >= Number(stats.check_in_at));
  const silent = await service.made(generic("echo"));
  await runtime.result(silent.id);
  assert.equal("check_in" in statsIn(await service.get(silent.id)), false);
});

test(
  "pool: the handler's command is the one that was asked, and stands until it ends",
  bounded,
  async (t) => {
    const seen: unknown[] = [];
    const begun = signal();
    const polls = defineJob("polls", {
      async run(_args: unknown, ctx) {
        seen.push(ctx.command());
        begun.resolve();
        await once(ctx.signal, "abort");
        seen.push(ctx.command(), ctx.command());
        ctx.throwIfEnded();
      },
    });
    const { runtime, port } = await served(t, {}, { jobs: [polls] });
    const service = jobservice(port);
    const { id } = await service.made(generic("polls"));
    await begun.promise;
    await service.act(id, "cancel");
    await assert.rejects(runtime.result(id));
    assert.deepEqual(seen, [undefined, "cancel", "cancel"]);
  },
);

test("logger: a log's id that is a path is 400, and no file is read", bounded, async (t) => {
  const { port } = await served(t, {}, { jobs: [echo] });
  const service = jobservice(port);
  for (const id of ["..%2F..%2Fetc%2Fpasswd", "a%2Fb", "a%5Cb", "a..b", "..%00"]) {
    const { status, body } = await service.log(id);
    assert.deepEqual([status, body.code, body.path], [400, 10005, "id"], id);
  }
});

test("logger: a pending job's log is empty, and is read while the job runs", bounded, async (t) => {
  const [logged, end] = [signal(), signal()];
  const talks = defineJob("talks", {
    async run(_args: unknown, ctx) {
      ctx.log.error("disk is full", { left: 0 });
      await ctx.log.flush();
      logged.resolve();
      await end.promise;
    },
  });
  const { runtime, port } = await served(t, {}, { jobs: [talks, echo] });
  const service = jobservice(port);
  await runtime.queues.pause("echo");
  const pending = await service.log((await service.made(generic("echo"))).id);
  assert.deepEqual([pending.status, pending.body], [200, {}]);
  const { id } = await service.made(generic("talks"));
  await logged.promise;
  assert.equal(await service.status(id), "Running");
  const { status, headers, body } = await service.log(id);
  assert.deepEqual([status, headers["content-type"]], [200, "text/plain; charset=utf-8"]);
  assert.match(String(body.text), /^\S+Z \[ERROR\] disk is full \{"left":0\}\n$/);
  end.resolve();
  await runtime.result(id);
});

test(
  "pool: a one-off Scheduled job that was missed while no process ran runs at the next start",
  bounded,
  async (t) => {
    const storage = newFile(t);
    const first = await createRuntime({ storage, jobs: [echo], logger: silent, http: { port: 0 } });
    await first.start();
    const service = jobservice(first.listening?.port ?? 0);
    const { id } = await service.made(scheduled("echo", 1, { a: 1 }));
    await first.stop({ graceMs: 0 });
    // Its time passes while nobody is there: that the file says so is as good as to wait for it.
    const { default: Database } = await import("better-sqlite3");
    const file = new Database(storage);
    file.prepare("UPDATE jobs SET run_at = 1000 WHERE id = ?").run(id);
    file.close();
    const { runtime, port } = await served(t, {}, { storage, jobs: [echo] });
    assert.deepEqual(await runtime.result(id), { a: 1 });
    const { status, kind } = statsIn(await jobservice(port).get(id));
    assert.deepEqual([status, kind], ["Success", "Scheduled"]);
  },
);
