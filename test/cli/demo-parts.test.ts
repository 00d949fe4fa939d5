import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { seededRandom } from "../../lib/base/random.ts";
import { bytePath, bytesOf, hashArgs, pathBytes } from "../../lib/cli/demo-path.ts";
import { Sorter } from "../../lib/cli/demo-sort.ts";
import { sumLine } from "../../lib/cli/demo-sums.ts";
import { type DemoTarget, nameIn, ownFiles } from "../../lib/cli/demo-target.ts";
import { tempFolder } from "./ergate.ts";

test("the sorter gives everything back in order, also what went to side files", async (t) => {
  const folder = tempFolder(t);
  const random = seededRandom(7);
  const count = 2010;
  const records = Array.from({ length: count }, (_, at) => `${random.next()}\xff\n${at}`);
  const sorter = new Sorter(join(folder, "sums-"), 1000);
  for (const record of records) await sorter.add(record);
  assert.equal(readdirSync(folder).length, 2);
  const sorted: string[] = [];
  for await (const record of sorter.sorted()) sorted.push(record);
  assert.deepEqual(sorted, records.sort());
  sorter.close();
  assert.deepEqual(readdirSync(folder), []);
});

test("a path's bytes survive the way through a payload", () => {
  for (const path of ["/a/b", "/ü/\u{1f41c}", "/\xff\xfe/not utf-8"]) {
    const bytes = path.includes("not") ? path : bytePath(path);
    assert.deepEqual(pathBytes(hashArgs(bytes)), bytesOf(bytes));
  }
  assert.deepEqual(hashArgs(bytePath("/ü")), { path: "/ü" });
});

test("lines are escaped as sha256sum does", () => {
  assert.equal(sumLine("00", "a b"), "00  a b\n");
  assert.equal(sumLine("00", "a\\b\nc\rd"), "\\00  a\\\\b\\nc\\rd\n");
});

test("names are relative to the start folder, and a dash is no standard input", () => {
  const target = { root: "/data", prefix: "" } as DemoTarget;
  assert.equal(nameIn(target, "/data/a/b"), "a/b");
  assert.equal(nameIn(target, "/data/-"), "./-");
  assert.equal(nameIn({ ...target, prefix: "../x" }, "/data/a"), "../x/a");
  assert.equal(nameIn({ ...target, prefix: "data" }, "/data"), "data");
  assert.equal(nameIn({ ...target, root: "/", prefix: "../.." }, "/a"), "../../a");
});

test("own files are left out, and only they", () => {
  const files = { db: "/x/demo.db", out: "/x/SUMS", part: "/x/.SUMS.k.part" };
  const own = ownFiles(files as DemoTarget);
  for (const side of [
    "",
    "-wal",
    "-shm",
    "-bell",
    "-alive-01X",
    "-logs",
    "-logs-wal",
    "-sums-k-0",
  ]) {
    assert.equal(own(`/x/demo.db${side}`), true, side);
  }
  assert.equal(own("/x/SUMS") && own("/x/.SUMS.k.part"), true);
  for (const path of ["/x/demo.db-notes", "/x/demo.db2", "/y/SUMS", "/x/SUMS2"]) {
    assert.equal(own(path), false, path);
  }
});
