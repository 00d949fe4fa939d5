import assert, { AssertionError } from "node:assert";
import { test } from "node:test";
import { defineJob, type Job } from "../../actors/index.ts";
import { bounded } from "../actors/kit.ts";
import { made, outcomes } from "./kit.ts";

interface Mail {
  to: string;
  cc?: string[];
  body?: { subject: string; lines?: number };
  at?: Date;
}

const mail = defineJob<Mail>("mail", { run: () => undefined });
const sms = defineJob<{ to: string }>("sms", { run: () => undefined });
const jobs = [mail, sms];

const tos = (found: readonly Job[]) => found.map(({ args }) => (args as { to: string }).to);

test(
  "enqueued lists the jobs of a name, the newest last, whatever became of them",
  bounded,
  async (t) => {
    const runtime = made(t, { jobs });
    assert.deepEqual(runtime.enqueued(mail), []);
    await runtime.enqueue(mail, { to: "a" });
    await runtime.drain();
    await runtime.enqueueMany([
      { job: sms, args: { to: "b" } },
      { job: mail, args: { to: "c" }, delay: "1h" },
    ]);
    assert.deepEqual(tos(runtime.enqueued(mail)), ["a", "c"]);
    assert.deepEqual(tos(runtime.enqueued("mail")), ["a", "c"]);
    assert.deepEqual(tos(runtime.enqueued()), ["a", "b", "c"]);
    const states = runtime.enqueued().map(({ state }) => state);
    assert.deepEqual(states, ["completed", "available", "scheduled"]);
    const [first] = runtime.enqueued(mail);
    assert.deepEqual(first, await runtime.jobs.get(first?.id ?? ""));
    await runtime.jobs.delete(first?.id ?? "");
    assert.deepEqual(tos(runtime.enqueued(mail)), ["c"]);
  },
);

test("more than a page of jobs is listed", bounded, async (t) => {
  const runtime = made(t, { jobs });
  const many = Array.from({ length: 1500 }, (_, at) => ({ job: sms, args: { to: `${at}` } }));
  await runtime.enqueueMany(many);
  assert.deepEqual(
    tos(runtime.enqueued(sms)),
    many.map(({ args }) => args.to),
  );
});

test("a match takes some of the arguments, at any depth, or the whole job", bounded, async (t) => {
  const runtime = made(t, { jobs });
  const at = new Date("2026-05-01T00:00:00Z");
  await runtime.enqueue(mail, { to: "a", cc: ["x", "y"], body: { subject: "hi", lines: 3 } });
  await runtime.enqueue(mail, { to: "b", body: { subject: "ho" } }, { priority: 5, tags: ["t"] });
  await runtime.enqueue("mail", { to: "c", at: at.toISOString(), cc: null });
  const matched: [Parameters<typeof runtime.enqueued<Mail>>[1], string[]][] = [
    [{ to: "a" }, ["a"]],
    [{ to: "z" }, []],
    [{}, ["a", "b", "c"]],
    [{ body: { subject: "hi" } }, ["a"]],
    [{ body: {} }, ["a", "b"]],
    [{ cc: ["x", "y"] }, ["a"]],
    [{ cc: ["x"] }, []],
    [{ at }, ["c"]],
    [(job) => job.priority === 5 && job.tags.includes("t"), ["b"]],
    [(job) => job.state === "available", ["a", "b", "c"]],
  ];
  for (const [match, expected] of matched) {
    assert.deepEqual(tos(runtime.enqueued(mail, match)), expected, JSON.stringify(match));
  }
  assert.deepEqual(tos(runtime.enqueued("mail", { cc: undefined })), ["b"]);
  assert.deepEqual(tos(runtime.enqueued("mail", { cc: null })), ["c"]);
  assert.deepEqual(tos(runtime.enqueued("mail", { cc: { 0: "x" } })), []);
});

test(
  "assertEnqueued answers the newest match, or says what was enqueued instead",
  bounded,
  async (t) => {
    const runtime = made(t, { jobs });
    const fails = (action: () => unknown, message: string) =>
      assert.throws(action, (error) => {
        assert.ok(error instanceof AssertionError);
        assert.equal(error.message, message);
        return true;
      });
    fails(() => runtime.assertEnqueued(mail), 'expected a job "mail"; nothing was enqueued');
    await runtime.enqueue(mail, { to: "a", body: { subject: "one" } });
    await runtime.enqueue(mail, { to: "a", body: { subject: "two" } });
    await runtime.enqueue(sms, { to: "b" }, { delay: "5m" });
    const found = runtime.assertEnqueued(mail, { to: "a" });
    assert.deepEqual(found.args, { to: "a", body: { subject: "two" } });
    fails(
      () => runtime.assertEnqueued(mail, { to: "b" }),
      `expected a job "mail" with { to: 'b' }; enqueued were:
  mail (available) { to: 'a', body: { subject: 'one' } }
  mail (available) { to: 'a', body: { subject: 'two' } }
  sms (scheduled) { to: 'b' }`,
    );
    runtime.refuteEnqueued(mail, { to: "b" });
    fails(
      () => runtime.refuteEnqueued(sms, (job) => job.state === "scheduled"),
      `expected no job "sms" with what the test takes; enqueued were:
  sms (scheduled) { to: 'b' }`,
    );
  },
);

test("a failed assertion lists the newest twenty", bounded, async (t) => {
  const runtime = made(t, { jobs });
  for (let at = 0; at < 23; at++) await runtime.enqueue(sms, { to: `${at}` });
  assert.throws(() => runtime.assertEnqueued(mail), {
    message: /enqueued were:\n {2}… 3 older\n {2}sms \(available\) \{ to: '3' \}[\s\S]*'22' \}$/,
  });
});

test("two runtimes in one process know nothing of each other", bounded, async (t) => {
  const ran: string[] = [];
  const note = defineJob("note", { run: (name: string) => void ran.push(name) });
  const one = made(t, { jobs: [note] });
  const other = made(t, { jobs: [note] });
  await one.enqueue(note, "one");
  await other.enqueue(note, "other", { delay: "1h" });
  await one.advance("2h");
  assert.deepEqual(ran, ["one"]);
  assert.equal(one.clock.now() - other.clock.now(), 7_200_000);
  assert.equal(other.enqueued(note)[0]?.state, "scheduled");
  assert.deepEqual(await other.advance("1h"), outcomes({ completed: 1 }));
});

test("the same seed gives the same ids and retries, another seed others", bounded, async (t) => {
  const history = async (seed?: number) => {
    const bad = defineJob("bad", { run: () => assert.fail("again") });
    const runtime = made(t, { jobs: [bad, ...jobs], ...(seed === undefined ? {} : { seed }) });
    for (let at = 0; at < 5; at++) await runtime.enqueue(bad, at);
    await runtime.advance("1h");
    return runtime.enqueued().map(({ id, errors }) => [id, ...errors.map((error) => error.at)]);
  };
  const first = await history(7);
  assert.equal(first.flat().length, 25);
  assert.deepEqual(await history(7), first);
  assert.notDeepEqual(await history(8), first);
  assert.deepEqual(await history(), await history(0));
});
