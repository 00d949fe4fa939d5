import assert from "node:assert/strict";
import { once } from "node:events";
import { get as httpGet, type IncomingMessage } from "node:http";
import { test } from "node:test";
import { defineJob } from "../../actors/index.ts";
import { bounded, signal } from "../actors/kit.ts";
import { call, served } from "./kit.ts";

/** Fails once, and writes one line in each attempt. */
const twice = defineJob("twice", {
  backoff: () => 0,
  maxAttempts: 2,
  run(_args: unknown, ctx) {
    ctx.log.warn(`try ${ctx.attempt}\nof two: é`);
    if (ctx.attempt === 1) throw new Error("once more");
  },
});
const counting = defineJob("counting", {
  run(to: number, ctx) {
    for (let each = 1; each <= to; each++) ctx.log.info(`line ${each}`);
  },
});

async function textOf(url: string, headers: Record<string, string> = {}) {
  const answer = await fetch(url, { headers });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

/** Without what differs from run to run. */
const untimed = (text: string) => text.replaceAll(/^\S+Z /gm, "");

test("a log is read as text, each attempt apart from the others", bounded, async (t) => {
  const { runtime, url } = await served(t, {}, { jobs: [twice] });
  const { id } = await runtime.enqueue(twice);
  await runtime.result(id);
  const read = async (query = "") => {
    const { status, headers, text } = await textOf(`${url}/api/v2/jobs/${id}/log${query}`);
    assert.equal(status, 200);
    assert.equal(headers.get("content-type"), "text/plain; charset=utf-8");
    return [untimed(text), headers.get("x-log-attempt")];
  };
  const second = "[WARN] try 2\nof two: é\n";
  assert.deepEqual(await read(), [second, "2"]);
  assert.deepEqual(await read("?attempt=2"), [second, "2"]);
  const [first, attempt] = await read("?attempt=1");
  assert.match(String(first), /^\[WARN\] try 1\nof two: é\n/);
  assert.doesNotMatch(String(first), /try 2/);
  assert.equal(attempt, "1");
  const all = `==> attempt 1 <==\n${first}==> attempt 2 <==\n${second}`;
  assert.deepEqual(await read("?attempt=all"), [all, null]);
  assert.deepEqual(await read("?attempt=3"), ["", "3"]);
});

test(
  "a long log comes whole; its tail and its first lines may be asked for",
  bounded,
  async (t) => {
    const { runtime, url } = await served(t, {}, { jobs: [counting] });
    const { id } = await runtime.enqueue(counting, 2_500);
    await runtime.result(id);
    const lines = async (query: string) => {
      const { text } = await textOf(`${url}/api/v2/jobs/${id}/log${query}`);
      return untimed(text).split("\n").slice(0, -1);
    };
    const all = await lines("");
    assert.deepEqual(
      [all.length, all[0], all[2_499]],
      [2_500, "[INFO] line 1", "[INFO] line 2500"],
    );
    assert.deepEqual(await lines("?tail=2"), ["[INFO] line 2499", "[INFO] line 2500"]);
    assert.deepEqual(await lines("?tail=3&limit=1"), ["[INFO] line 2498"]);
    assert.deepEqual(await lines("?limit=1500"), all.slice(0, 1_500));
  },
);

test("a range of a log's bytes is 206, one past its end 416", bounded, async (t) => {
  const { runtime, url, port } = await served(t, {}, { jobs: [counting] });
  const { id } = await runtime.enqueue(counting, 1_200);
  await runtime.result(id);
  const path = `/api/v2/jobs/${id}/log`;
  const whole = Buffer.from((await textOf(`${url}${path}`)).text);
  const total = whole.length;
  const ranged = async (range: string, from: number, until: number) => {
    const { status, headers, text } = await textOf(`${url}${path}`, { range });
    assert.equal(status, 206, range);
    assert.equal(headers.get("content-range"), `bytes ${from}-${until - 1}/${total}`);
    assert.equal(headers.get("content-length"), String(until - from));
    assert.equal(text, whole.subarray(from, until).toString(), range);
  };
  await ranged("bytes=0-9", 0, 10);
  await ranged("bytes=40100-40500", 40_100, 40_501);
  await ranged(`bytes=${total - 5}-`, total - 5, total);
  await ranged("bytes=-7", total - 7, total);
  await ranged(`bytes=0-${total * 2}`, 0, total);
  const late = await call(port, "GET", path, { headers: { range: `bytes=${total}-` } });
  assert.deepEqual([late.status, late.body.err], [416, "ERR_ERGATE_HTTP_RANGE"]);
  assert.equal(late.headers["content-range"], `bytes */${total}`);
  for (const passed of ["bytes=5-2", "bytes=0-1,4-5", "lines=1-2", "bytes=-"]) {
    const { status, text } = await textOf(`${url}${path}`, { range: passed });
    assert.deepEqual([status, text.length], [200, total], passed);
  }
  const versioned = { range: "bytes=0-9", "if-range": '"1"' };
  assert.equal((await textOf(`${url}${path}`, versioned)).status, 200);
});

test("a log's id is checked before it is looked for", bounded, async (t) => {
  const { port } = await served(t);
  for (const part of ["/log", "/log/follow"]) {
    const status = async (id: string) => {
      const { status: code, body } = await call(port, "GET", `/api/v2/jobs/${id}${part}`);
      return [code, body.path];
    };
    assert.deepEqual(await status("..%2F..%2Fetc%2Fpasswd"), [400, "id"]);
    assert.deepEqual(await status("a%5C..%5Cb"), [400, "id"]);
    assert.deepEqual(await status("a%00b"), [400, "id"]);
    assert.deepEqual(await status("a%2Fb..c"), [404, "id"]);
  }
});

/** A job that writes what it is told to, until it is told to end. */
function teller() {
  let told = signal<string>();
  const job = defineJob("tell", {
    async run(_args: unknown, ctx) {
      for (;;) {
        const text = await told.promise;
        told = signal();
        if (text === "end") return;
        ctx.log.info(text);
      }
    },
  });
  return { job, tell: (text: string) => told.resolve(text) };
}

async function opened(url: string, headers: Record<string, string> = {}) {
  const [answer] = (await once(httpGet(url, { headers }), "response")) as [IncomingMessage];
  answer.setEncoding("utf8");
  let text = "";
  const ended = (async () => {
    for await (const part of answer) {
      text += part;
      answer.emit("piece");
    }
    return text;
  })();
  const until = async (part: string) => {
    while (!text.includes(part)) await once(answer, "piece");
    return text;
  };
  return { answer, ended, until };
}

test("a log is followed as text until its job has ended", bounded, async (t) => {
  const { job, tell } = teller();
  const { runtime, url } = await served(t, {}, { jobs: [job] });
  const { id } = await runtime.enqueue(job);
  const at = `${url}/api/v2/jobs/${id}/log/follow`;
  const [byQuery, byAccept] = [
    await opened(`${at}?format=text`),
    await opened(at, { accept: "text/plain" }),
  ];
  tell("one");
  await byQuery.until("[INFO] one\n");
  tell("two");
  await byQuery.until("[INFO] two\n");
  await byAccept.until("[INFO] two\n");
  tell("end");
  assert.equal(untimed(await byQuery.ended), "[INFO] one\n[INFO] two\n");
  assert.equal(await byAccept.ended, await byQuery.ended);
});

test(
  "a log is followed as events, goes on after Last-Event-ID, and says that it has ended",
  bounded,
  async (t) => {
    const { job, tell } = teller();
    const { runtime, url } = await served(t, {}, { jobs: [job] });
    const { id } = await runtime.enqueue(job);
    const at = `${url}/api/v2/jobs/${id}/log/follow`;
    const first = await opened(at);
    assert.equal(first.answer.headers["content-type"], "text/event-stream");
    tell("one");
    const one = await first.until('"text":"one"');
    const [, cursor = ""] = /^id: (.*)\nevent: line\ndata: \{.*"text":"one"\}$/m.exec(one) ?? [];
    tell("two");
    await first.until('"text":"two"');
    tell("end");
    assert.match(await first.ended, /\n\nevent: end\ndata: \{\}\n\n$/);
    const rest = await opened(`${at}?tail=5`, { "last-event-id": cursor });
    const texts = [...(await rest.ended).matchAll(/"text":"(\w+)"/g)].map(([, text]) => text);
    assert.deepEqual(texts, ["two"]);
  },
);

test("a follower whose server closes is not told that the log has ended", bounded, async (t) => {
  const { job, tell } = teller();
  const { runtime, url } = await served(t, {}, { jobs: [job] });
  const { id } = await runtime.enqueue(job);
  const follower = await opened(`${url}/api/v2/jobs/${id}/log/follow`);
  tell("one");
  await follower.until('"text":"one"');
  await runtime.stop({ graceMs: 0 });
  assert.doesNotMatch(await follower.ended, /event: end/);
});
