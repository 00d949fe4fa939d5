import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runBench } from "../../bench/main.ts";
import { measure } from "../../bench/process.ts";
import { counting, failing, printed } from "./fixture.ts";

const known = [counting, failing];

test("it prints a table and succeeds", async () => {
  const said = printed();
  assert.equal(await runBench(["counting", "--quick"], known, said.streams), 0);
  assert.match(said.out, /^Node v/);
  assert.match(
    said.out,
    /counting +size 10, durability fsync +10 +jobs\/s +20 +0\.5 +≥ 0\.5× +yes/,
  );
  assert.match(said.err, /counting: how large is its size\?/);
});

test("--json writes the rows as an array of their agreed shape", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "ergate-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "rows.json");
  assert.equal(await runBench(["counting", "--json", file], known, printed().streams), 0);
  const rows = JSON.parse(readFileSync(file, "utf8"));
  assert.deepEqual(rows, [
    {
      name: "counting",
      settings: { size: 100, durability: "fsync" },
      value: 100,
      unit: "jobs/s",
      limit: 200,
      ratio: 0.5,
      reach: 0.5,
      met: true,
      direction: "at least",
      of: "ratio",
      against: "twice as much",
      rounds: 3,
      spread: { min: 0.5, max: 0.5 },
    },
  ]);
});

test("one that throws fails the whole, after the others were measured", async () => {
  const said = printed();
  assert.equal(await runBench(["--smoke"], [failing, counting], said.streams), 1);
  assert.match(said.err, /failing: failed: it broke/);
  assert.match(said.out, /counting +size 1,/);
});

for (const args of [
  ["nonsense"],
  ["--nonsense"],
  ["--quick", "--smoke"],
  ["--json"],
  ["--json="],
]) {
  test(`${args.join(" ")} is wrong usage`, async () => {
    const said = printed();
    assert.equal(await runBench(args, known, said.streams), 2);
    assert.match(said.err, /usage: bench .*counting +how large/s);
    assert.equal(said.out, "");
  });
}

test("--help names every benchmark", async () => {
  const said = printed();
  assert.equal(await runBench(["--help"], undefined, said.streams), 0);
  for (const name of ["enqueue", "drain", "idle-latency", "memory"]) {
    assert.match(said.out, new RegExp(`^ {2}${name} `, "m"));
  }
});

test("a side runs in a process of its own, whose fault is told", async () => {
  const { iterations = 0 } = await measure("thread-cpu", "calibration", {});
  assert.ok(iterations > 0);
  await assert.rejects(measure("drain", "nobody", {}), /there is no side drain nobody/);
});
