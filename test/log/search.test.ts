import assert from "node:assert/strict";
import { describe, type TestContext, test } from "node:test";
import fc from "fast-check";
import "../seed.ts";
import { limits } from "../../lib/base/limits.ts";
import type { FoundLine, LogSearch } from "../../lib/log/search.ts";
import { SqliteLogEngine } from "../../lib/log/sqlite.ts";
import { openLogFile } from "../../lib/log/sqlite-open.ts";
import { type LogStore, openLogStore } from "../../lib/log/store.ts";
import { chunkOf, numbered, tempFile, tempStore, texts } from "./fixture.ts";

interface Found {
  store: LogStore;
  /** Brings the index up, where there is one. */
  index(): void;
}

const engines: Record<string, (t: TestContext) => Found> = {
  memory: () => ({
    store: openLogStore({ file: ":memory:", namespace: "default" }),
    index: () => {},
  }),
  "sqlite before it is indexed": (t) => ({ store: tempStore(t, "inline"), index: () => {} }),
  "sqlite once it is indexed": (t) => {
    const file = tempFile(t);
    return { store: tempStore(t, "inline", file), index: () => indexed(file) };
  },
};

/** As another process on the file does it. */
function indexed(file: string): void {
  const engine = new SqliteLogEngine(openLogFile(file), "default");
  while (engine.index() > 0);
  assert.equal(engine.behind(), 0);
  engine.close();
}

for (const [name, open] of Object.entries(engines)) {
  describe(`a search: ${name}`, () => {
    test("finds whole words in any case and without their accents, and no parts of them", async (t) => {
      const { store, index } = open(t);
      const lines = [
        "Grüße aus Köln",
        "connection refused",
        "reconnection",
        "ΟΔΥΣΣΕΥΣ",
        "東京 2024",
      ];
      await store.append([chunkOf("j", 1, lines)]);
      index();
      const of = async (text: string) => texts((await store.search(text)).items);
      assert.deepEqual(await of("koln"), ["Grüße aus Köln"]);
      assert.deepEqual(await of("GRÜSSE"), []);
      assert.deepEqual(await of("GRÜßE"), ["Grüße aus Köln"]);
      assert.deepEqual(await of("CONNECTION"), ["connection refused"]);
      assert.deepEqual(await of("οδυσσευσ"), ["ΟΔΥΣΣΕΥΣ"]);
      assert.deepEqual(await of("東京"), ["東京 2024"]);
      assert.deepEqual(await of("conn"), []);
    });

    test("several words must all stand in one line, and a star stands for the rest of a word", async (t) => {
      const { store, index } = open(t);
      await store.append([
        chunkOf("j", 1, ["order 17 sent", "order 18 failed", "17 apples", "18 sent"]),
      ]);
      index();
      const of = async (text: string) => texts((await store.search(text)).items);
      assert.deepEqual(await of("order 17"), ["order 17 sent"]);
      assert.deepEqual(await of("sent order"), ["order 17 sent"]);
      assert.deepEqual(await of("order fail*"), ["order 18 failed"]);
      assert.deepEqual(await of("1*"), [
        "18 sent",
        "17 apples",
        "order 18 failed",
        "order 17 sent",
      ]);
      assert.deepEqual(await of("order apples"), []);
    });

    test("what stands together must follow each other, and nothing is syntax", async (t) => {
      const { store, index } = open(t);
      const lines = ["from 10.0.0.1", "10 of 1 in 0.0", 'say "NEAR(a b)" OR not', "a b -c col:d"];
      await store.append([chunkOf("j", 1, lines)]);
      index();
      const of = async (text: string) => texts((await store.search(text)).items);
      assert.deepEqual(await of("10.0.0.1"), ["from 10.0.0.1"]);
      assert.deepEqual(await of('"near(a'), ['say "NEAR(a b)" OR not']);
      assert.deepEqual(await of("OR"), ['say "NEAR(a b)" OR not']);
      assert.deepEqual(await of("NOT -c"), []);
      assert.deepEqual(await of("col:d ^ ) * a"), ["a b -c col:d"]);
      for (const text of ["", " ", "* - \"'", "…"]) {
        const refused = { code: "ERR_ERGATE_OPTION", path: "text" };
        await assert.rejects(store.search(text), refused);
      }
    });

    test("comes newest first, page by page, with job, attempt, time, stream and level", async (t) => {
      const { store, index } = open(t);
      const expected: string[] = [];
      for (let at = 0; at < 40; at++) {
        const lines = numbered((at % 5) + 1, `part ${at}`);
        expected.push(...lines);
        await store.append([chunkOf(`job ${at % 3}`, 1, lines, at), chunkOf("other", 1, ["no"])]);
        if (at === 20) index();
      }
      expected.reverse();
      for (const limit of [1, 7, 1000]) {
        assert.deepEqual(texts(await pagesOf(store, "part", { limit })), expected);
      }
      const { items, next } = await store.search("part line*", { limit: 1 });
      assert.deepEqual([items, next], [[], undefined]);
      assert.deepEqual((await store.search("part 39", { limit: 1 })).items, [
        { jobId: "job 0", at: 39, attempt: 1, stream: "log", level: "info", text: "part 39 4" },
      ]);
      const code = "ERR_ERGATE_CURSOR";
      await assert.rejects(store.search("part", { cursor: "page 2" }), { code });
    });

    test("is narrowed to a job and to a time", async (t) => {
      const { store, index } = open(t);
      for (let at = 0; at < 30; at++) {
        await store.append([chunkOf(`job ${at % 2}`, 1, [`word ${at}`, `word ${at} too`], at)]);
      }
      index();
      const of = async (query: LogSearch) =>
        texts(await pagesOf(store, "word", { limit: 3, ...query }));
      assert.equal((await of({ job: "job 1" })).length, 30);
      assert.deepEqual(await of({ from: 28 }), [
        "word 29 too",
        "word 29",
        "word 28 too",
        "word 28",
      ]);
      assert.deepEqual(await of({ until: 1 }), ["word 0 too", "word 0"]);
      assert.deepEqual(await of({ job: "job 1", from: 4, until: 6 }), ["word 5 too", "word 5"]);
      assert.deepEqual(await of({ job: "nobody" }), []);
    });

    test("finds nothing that was forgotten or pruned", async (t) => {
      const { store, index } = open(t);
      for (const [at, id] of ["old", "gone", "kept"].entries()) {
        await store.append([chunkOf(id, 1, [`word of ${id}`], at)]);
      }
      index();
      await store.append([chunkOf("gone", 1, ["word, not in the index"], 3)]);
      await store.forget(["gone"]);
      await store.prune({ before: 1, bytesMax: Number.POSITIVE_INFINITY }, 10);
      index();
      assert.deepEqual(texts((await store.search("word")).items), ["word of kept"]);
    });

    test("finds very long words, and tells those apart that begin alike", async (t) => {
      const { store, index } = open(t);
      const long = "x".repeat(limits.logWordChars);
      const lines = [long, `${long}a`, `${long}b`, "y"];
      await store.append([chunkOf("j", 1, lines)]);
      index();
      const of = async (text: string) => texts((await store.search(text)).items);
      assert.deepEqual(await of(long), [long]);
      assert.deepEqual(await of(`${long}a`), [`${long}a`]);
      assert.deepEqual(await of(`${long}*`), [`${long}b`, `${long}a`, long]);
      assert.deepEqual(await of(`${long}a*`), [`${long}a`]);
    });
  });
}

test("any line is found by any of its words, indexed or not, as in memory", async (t) => {
  const file = tempFile(t);
  const engine = new SqliteLogEngine(openLogFile(file), "default");
  t.after(() => engine.close());
  const store = tempStore(t, "inline", file);
  const memory = openLogStore({ file: ":memory:", namespace: "default" });
  const line = fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 8 }), line, async (lines, text) => {
      const chunk = chunkOf("j", 1, lines);
      for (const each of [store, memory]) await each.append([chunk]);
      const before = await outcome(store, text);
      engine.index();
      assert.deepEqual(await outcome(store, text), before);
      assert.deepEqual(await outcome(memory, text), before);
      for (const own of lines) {
        const found = await outcome(store, own);
        assert.ok(found === "no word" || found.includes(chunkText(own)), JSON.stringify(own));
      }
    }),
    { numRuns: 60 },
  );
});

test("a page of a search looks through so much and no more, and goes on by its cursor", async () => {
  const store = openLogStore({ file: ":memory:", namespace: "default" });
  const hay = "hay ".repeat(16_000);
  await store.append([chunkOf("j", 1, ["a needle"])]);
  for (let at = 0; at < 350; at++) await store.append([chunkOf("j", 1, Array(4).fill(hay))]);
  const first = await store.search("needle hay*");
  assert.deepEqual(first.items, []);
  assert.ok(first.next !== undefined);
  assert.deepEqual(texts(await pagesOf(store, "needle", {})), ["a needle"]);
});

async function pagesOf(store: LogStore, text: string, query: LogSearch): Promise<FoundLine[]> {
  const found: FoundLine[] = [];
  let cursor: string | undefined;
  do {
    const page = await store.search(text, { ...query, cursor });
    assert.ok(page.items.length <= (query.limit ?? 100));
    found.push(...page.items);
    cursor = page.next;
  } while (cursor !== undefined);
  return found;
}

async function outcome(store: LogStore, text: string): Promise<string[] | "no word"> {
  try {
    return texts((await store.search(text, { limit: 1000 })).items);
  } catch (error) {
    assert.equal((error as { code: string }).code, "ERR_ERGATE_OPTION");
    return "no word";
  }
}

/** As the log keeps it. */
function chunkText(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}
