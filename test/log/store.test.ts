import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import type { LogLine } from "../../lib/log/line.ts";
import { type LogStore, openLogStore } from "../../lib/log/store.ts";
import { chunkOf, linesAt, numbered, readAll, tempStore, texts } from "./fixture.ts";

const engines: Record<string, (t: TestContext) => LogStore> = {
  memory: () => openLogStore({ file: ":memory:", namespace: "default" }),
  inline: (t) => tempStore(t, "inline"),
  thread: (t) => tempStore(t, "thread"),
};

/** Whole, across chunks, within one, at its edges, before the first line's chunk, empty. */
const ranges = [
  [0, 200],
  [34, 52],
  [37, 38],
  [99, 1000],
  [-5, 2],
  [45, 46],
] as const;

for (const [name, open] of Object.entries(engines)) {
  describe(`a log store: ${name}`, () => {
    test("reads a job's lines in the order of writing, page by page", async (t) => {
      const store = open(t);
      const written: string[] = [];
      for (let at = 0; at < 30; at++) {
        const lines = numbered((at % 7) + 1, `part ${at}`);
        written.push(...lines);
        await store.append([chunkOf("j", 1, lines), chunkOf("other", 1, ["no"])]);
      }
      for (const limit of [1, 3, 7, 1000]) {
        const first = await store.read({ id: "j", limit });
        const second = await store.read({ id: "j", limit, cursor: first.end });
        const expected = written.slice(0, 2 * limit);
        assert.deepEqual(texts([...first.items, ...second.items]), expected);
        assert.deepEqual(texts(await readAll(store, { id: "j", limit })), written);
      }
      assert.deepEqual((await store.read({ id: "nobody" })).items, []);
    });

    test("reads one attempt, or all in order of writing, also of a retried job", async (t) => {
      const store = open(t);
      for (const [attempt, text] of [
        [1, "a"],
        [2, "b"],
        [1, "c"],
      ] as const) {
        await store.append([chunkOf("j", attempt, [text])]);
      }
      assert.deepEqual(texts((await store.read({ id: "j" })).items), ["a", "b", "c"]);
      assert.deepEqual(texts((await store.read({ id: "j", attempt: 1 })).items), ["a", "c"]);
      assert.deepEqual((await store.read({ id: "j", attempt: 2 })).items, [
        { at: 1000, attempt: 2, stream: "log", level: "info", text: "b" },
      ]);
    });

    test("reads the last lines, and follows from there", async (t) => {
      const store = open(t);
      await store.append([chunkOf("j", 1, numbered(5, "a")), chunkOf("j", 2, numbered(5, "b"))]);
      const tail = await store.read({ id: "j", tail: 7 });
      assert.deepEqual(texts(tail.items), ["a 3", "a 4", ...numbered(5, "b")]);
      assert.equal(tail.next, undefined);
      assert.deepEqual(texts((await store.read({ id: "j", tail: 2, attempt: 1 })).items), [
        "a 3",
        "a 4",
      ]);
      assert.equal((await store.read({ id: "j", tail: 100 })).items.length, 10);
      await store.append([chunkOf("j", 2, ["new"])]);
      const rest = await store.read({ id: "j", cursor: tail.end });
      assert.deepEqual(texts(rest.items), ["new"]);
      const nothing = await store.read({ id: "j", cursor: rest.end });
      assert.deepEqual(nothing, { items: [], next: undefined, end: rest.end, cursors: [] });
    });

    test("a page that begins within a chunk is as full as any other", async (t) => {
      const store = open(t);
      await store.append([chunkOf("j", 1, numbered(5, "a")), chunkOf("j", 1, numbered(5, "b"))]);
      const { end } = await store.read({ id: "j", limit: 4 });
      const page = await store.read({ id: "j", limit: 5, cursor: end });
      assert.deepEqual(texts(page.items), ["a 4", "b 0", "b 1", "b 2", "b 3"]);
    });

    test("keeps any text: line ends, NUL, other scripts, half a pair marked", async (t) => {
      const store = open(t);
      const lines = ["a\nb\r\n", "\0x\0", "日本 😀", "", "12li3:", "half \ud83d end"];
      await store.append([chunkOf("j", 1, lines)]);
      const expected = [...lines.slice(0, -1), "half \ufffd end"];
      assert.deepEqual(texts((await store.read({ id: "j" })).items), expected);
    });

    test("reads a range of time, in pages and from its end, whatever the order of times", async (t) => {
      const store = open(t);
      const times: number[] = [];
      for (let at = 0; at < 200; at += 10) {
        const some = [at, at + 4, at + 2, at - 3];
        times.push(...some);
        await store.append([linesAt("j", some)]);
      }
      const atsOf = (lines: readonly LogLine[]) => lines.map(({ at }) => at);
      for (const [from, until] of ranges) {
        const expected = times.filter((at) => at >= from && at < until);
        for (const limit of [1, 3, 1000]) {
          assert.deepEqual(atsOf(await readAll(store, { id: "j", from, until, limit })), expected);
        }
        for (const tail of [1, 5, 1000]) {
          const { items } = await store.read({ id: "j", from, until, tail });
          assert.deepEqual(atsOf(items), expected.slice(-tail));
        }
      }
    });

    test("refuses a malformed cursor and nonsense counts with a code", async (t) => {
      const store = open(t);
      for (const cursor of ["", "x", "1-", "1-2-3", "-1-0", "1-2 "]) {
        await assert.rejects(store.read({ id: "j", cursor }), { code: "ERR_ERGATE_CURSOR" });
      }
      for (const query of [
        { limit: 0 },
        { limit: 1.5 },
        { tail: -1 },
        { tail: 5, cursor: "1-0" },
      ]) {
        await assert.rejects(store.read({ id: "j", ...query }), { code: "ERR_ERGATE_OPTION" });
      }
    });

    test("a page is bounded in lines and in bytes, whatever was asked", async (t) => {
      const store = open(t);
      await store.append([chunkOf("j", 1, numbered(1500))]);
      assert.equal((await store.read({ id: "j", limit: 1e6 })).items.length, 1000);
      assert.equal((await store.read({ id: "j", tail: 1e6 })).items.length, 1000);
      const big = Array.from({ length: 4 }, () => "x".repeat(60_000));
      for (let at = 0; at < 40; at++) await store.append([chunkOf("big", 1, big)]);
      const page = await store.read({ id: "big", limit: 1000 });
      assert.ok(page.items.length < 100, `${page.items.length} lines`);
      assert.equal((await readAll(store, { id: "big", limit: 1000 })).length, 160);
    });

    test("forgets the lines of deleted jobs, past one commit's worth of rows too", async (t) => {
      const store = open(t);
      const chunks = Array.from({ length: 600 }, () => chunkOf("gone", 1, ["x", "y"]));
      await store.append([...chunks, chunkOf("kept", 1, ["z"]), chunkOf("gone too", 2, ["x"])]);
      assert.equal(await store.forget(["gone", "unknown", "gone too"]), 1201);
      assert.deepEqual((await store.read({ id: "gone" })).items, []);
      assert.deepEqual(texts((await store.read({ id: "kept" })).items), ["z"]);
      assert.equal(await store.forget(["gone"]), 0);
    });

    test("keeps no line of a deleted job that comes late, but those of its id's next job", async (t) => {
      const store = open(t);
      await store.append([chunkOf("j", 1, ["early"], 1000), chunkOf("other", 1, ["x"], 1000)]);
      assert.equal(await store.forget(["j"], 2000), 1);
      await store.append([chunkOf("j", 1, ["late"], 1999), chunkOf("other", 1, ["y"], 1999)]);
      assert.deepEqual((await store.read({ id: "j" })).items, []);
      await store.append([chunkOf("j", 1, ["anew"], 2001)]);
      assert.deepEqual(texts((await store.read({ id: "j" })).items), ["anew"]);
      assert.deepEqual(texts((await store.read({ id: "other" })).items), ["x", "y"]);
      const hour = 3_600_000;
      await store.forget(["else"], 2000 + hour + 1);
      await store.append([chunkOf("j", 1, ["much later"], 1999)]);
      assert.equal((await store.read({ id: "j" })).items.length, 2);
    });

    test("prunes by age, at most the limit at once, the oldest first", async (t) => {
      const store = open(t);
      for (let at = 0; at < 10; at++) await store.append([chunkOf("j", 1, [`at ${at}`], at)]);
      const bounds = { before: 5, bytesMax: Number.POSITIVE_INFINITY };
      const first = await store.prune(bounds, 3);
      assert.deepEqual([first.chunks, first.lines, first.more], [3, 3, true]);
      const second = await store.prune(bounds, 3);
      assert.deepEqual([second.chunks, second.more], [2, false]);
      const left = texts((await store.read({ id: "j" })).items);
      assert.deepEqual(left, ["at 5", "at 6", "at 7", "at 8", "at 9"]);
    });

    test("prunes by bytes until the rest fits, and a cursor to what went goes on", async (t) => {
      const store = open(t);
      for (let at = 0; at < 10; at++) await store.append([chunkOf("j", 1, numbered(2, "0123456"))]);
      const page = await store.read({ id: "j", limit: 3 });
      const pruned = await store.prune({ before: 0, bytesMax: 250 }, 100);
      assert.deepEqual(pruned, { chunks: 5, lines: 10, more: false, bytes: 250 });
      const after = await store.read({ id: "j", cursor: page.next as string });
      assert.equal(after.items.length, 10);
      const again = await store.prune({ before: 0, bytesMax: 250 }, 100);
      assert.deepEqual(again, { chunks: 0, lines: 0, more: false, bytes: 250 });
    });

    test("after close every call is refused with a code, and closing again is fine", async (t) => {
      const store = open(t);
      await store.append([chunkOf("j", 1, ["x"])]);
      await Promise.all([store.close(), store.close()]);
      const code = "ERR_ERGATE_STOPPED";
      await assert.rejects(store.append([chunkOf("j", 1, ["x"])]), { code });
      await assert.rejects(store.read({ id: "j" }), { code });
      await assert.rejects(store.forget(["j"]), { code });
      await assert.rejects(store.prune({ before: 0, bytesMax: 0 }, 1), { code });
    });
  });
}
