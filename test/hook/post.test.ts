import assert from "node:assert/strict";
import { type AddressInfo, createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { systemClock } from "../../lib/base/clock.ts";
import { createPoster, type LookUp } from "../../lib/hook/post.ts";
import { anywhere, type HookRules } from "../../lib/job/hook-rules.ts";
import { VirtualClock } from "../../lib/kernel/testkit.ts";
import { receiver } from "./receiver.ts";

const closed: HookRules = { isPrivateOpen: false, names: new Set(), ranges: [] };
const never = new AbortController().signal;

function poster(t: TestContext, given: { rules?: HookRules; lookUp?: LookUp } = {}) {
  const parts = { clock: systemClock, rules: anywhere, timeoutMs: 10_000, perHost: 4, ...given };
  const made = createPoster(parts);
  t.after(() => made.close());
  return (url: string) => made.post(url, { "x-own": "1" }, '{"a":"é"}', never);
}

/** Answers each question with the next addresses. */
function answering(...answers: string[][]): LookUp {
  let at = 0;
  return async () =>
    (answers[Math.min(at++, answers.length - 1)] as string[]).map((address) => {
      return { address, family: address.includes(":") ? 6 : 4 };
    });
}

test("a body is posted with its headers, and the answer's status told", async (t) => {
  const { url, got } = await receiver(t, (_, answer) => {
    answer.writeHead(503, { "retry-after": "7" });
    answer.end("x".repeat(100));
  });
  const posted = await poster(t)(url);
  assert.deepEqual(posted, { type: "answered", status: 503, retryAfter: "7" });
  assert.deepEqual([got[0]?.text, got[0]?.headers["x-own"]], ['{"a":"é"}', "1"]);
});

test("a connection is kept for the next, and a huge answer cuts it", async (t) => {
  const ports = new Set<number | undefined>();
  const { url } = await receiver(t, (_, answer, at) => {
    ports.add(answer.socket?.remotePort);
    answer.end(at < 3 ? "" : "x".repeat(4_000_000));
  });
  const post = poster(t);
  for (let at = 0; at < 3; at++) assert.equal((await post(url)).type, "answered");
  assert.equal(ports.size, 1);
  assert.equal((await post(url)).type, "answered");
  assert.equal(ports.size, 2);
});

test("moves within a host are followed, a few times; to another they are not", async (t) => {
  const other = await receiver(t);
  const targets: Record<string, string> = {
    "/told": "/next",
    "/next": "/told/",
    "/loop": "/loop",
    "/away": other.url,
    "/broken": "http://[",
  };
  const { port, got } = await receiver(t, ({ path }, answer) => {
    const target = targets[path];
    if (target !== undefined) answer.writeHead(307, { location: target });
    answer.end();
  });
  const post = poster(t);
  const at = (path: string) => post(`http://127.0.0.1:${port}${path}`);
  assert.deepEqual(await at("/told"), { type: "answered", status: 200, retryAfter: undefined });
  assert.deepEqual(
    got.map(({ path }) => path),
    ["/told", "/next", "/told/"],
  );
  for (const path of ["/loop", "/away", "/broken"]) assert.equal((await at(path)).type, "failed");
  assert.equal(other.got.length, 0);
});

test("a name that is looked up as a private address is not dialled", async (t) => {
  const { port, got } = await receiver(t);
  const refused = await poster(t, { rules: closed, lookUp: answering(["127.0.0.1"]) })(
    `http://receiver.example:${port}/`,
  );
  assert.equal(refused.type, "failed");
  assert.match(refused.type === "failed" ? refused.reason : "", /127\.0\.0\.1.*private/);
  for (const address of ["169.254.169.254", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe"]) {
    const posted = await poster(t, { lookUp: answering([address]) })("http://receiver.example/");
    assert.match(posted.type === "failed" ? posted.reason : "", /link-local/);
  }
  assert.equal(got.length, 0);
});

test("each dial has its own look and its own check: a change in between gains nothing", async (t) => {
  const { port, got } = await receiver(t);
  const rules = { ...closed, names: new Set(["receiver.example"]) };
  const post = poster(t, { rules, lookUp: answering(["127.0.0.1"], ["169.254.169.254"]) });
  const url = `http://receiver.example:${port}/`;
  assert.equal((await post(url)).type, "answered");
  const other = createPoster({
    ...{ clock: systemClock, rules, timeoutMs: 10_000, perHost: 1 },
    lookUp: answering(["169.254.169.254", "127.0.0.1"]),
  });
  t.after(() => other.close());
  assert.equal((await other.post(url, {}, "{}", never)).type, "answered");
  assert.equal(got.length, 2);
});

test("an answer that does not come in time is none", async (t) => {
  const clock = new VirtualClock();
  const { url, has } = await receiver(t, () => undefined);
  const parts = { clock, rules: anywhere, timeoutMs: 10_000, perHost: 1 };
  const made = createPoster(parts);
  t.after(() => made.close());
  const posted = made.post(url, {}, "{}", never);
  await has(1);
  clock.advance(9_999);
  const early = await Promise.race([posted, Promise.resolve("waits")]);
  assert.equal(early, "waits");
  clock.advance(1);
  assert.deepEqual(await posted, { type: "failed", reason: "no answer within 10000 ms" });
});

test("a POST has its time once, however often it is moved on", async (t) => {
  const clock = new VirtualClock();
  const { url, has } = await receiver(t, (_, answer, at) => {
    if (at === 1) clock.advance(6_000);
    if (at < 3) answer.writeHead(307, { location: `/${at}` }).end();
  });
  const made = createPoster({ clock, rules: anywhere, timeoutMs: 10_000, perHost: 1 });
  t.after(() => made.close());
  const posted = made.post(url, {}, "{}", never);
  await has(3);
  clock.advance(4_000);
  assert.deepEqual(await posted, { type: "failed", reason: "no answer within 10000 ms" });
});

test("an answer that changes the protocol ends the POST, too", async (t) => {
  const switched = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n";
  const server = createServer((socket) => void socket.once("data", () => socket.write(switched)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const posted = await poster(t)(`http://127.0.0.1:${port}/`);
  assert.deepEqual(posted, { type: "failed", reason: "closed without an answer" });
});

test("a connection is kept while an answer is awaited, and not for long after it", async (t) => {
  let noteClosed: (() => void) | undefined;
  const closed = new Promise<void>((resolve) => {
    noteClosed = resolve;
  });
  const { url } = await receiver(t, (_, answer) => {
    answer.socket?.once("close", () => noteClosed?.());
    answer.setTimeout(60, () => answer.end());
  });
  const parts = { clock: systemClock, rules: anywhere, timeoutMs: 10_000, perHost: 1 };
  const made = createPoster({ ...parts, idleMs: 20 });
  t.after(() => made.close());
  assert.equal((await made.post(url, {}, "{}", never)).type, "answered");
  const at = performance.now();
  await closed;
  assert.ok(performance.now() - at < 4_000, "cut by the sender, not by the receiver's 5 s");
});

test("what can't be reached, or is no HTTP, fails with its reason", async (t) => {
  const post = poster(t);
  const { port } = await receiver(t, (_, answer) => void answer.socket?.end("nonsense\r\n\r\n"));
  for (const url of ["http://127.0.0.1:1/", `http://127.0.0.1:${port}/`]) {
    const posted = await post(url);
    assert.equal(posted.type, "failed");
  }
});
