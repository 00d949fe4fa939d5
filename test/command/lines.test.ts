import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LineSplitter } from "../../lib/command/lines.ts";
import { Tail } from "../../lib/command/tail.ts";

/** What a splitter makes of chunks, each handed over in a buffer that is then overwritten. */
function split(chunks: readonly (string | Uint8Array)[], lineBytes = 1000, tailBytes = 1 << 20) {
  const tail = new Tail(tailBytes);
  const splitter = new LineSplitter(lineBytes, tail);
  const lines = chunks.flatMap((chunk) => {
    const bytes = Buffer.from(chunk as string);
    const buffer = Buffer.concat([bytes, Buffer.from("\nstale\n")]);
    const found = splitter.push(buffer, bytes.length);
    buffer.fill(0x21);
    return found;
  });
  return { lines: [...lines, ...splitter.end()], output: tail.text(), truncated: tail.truncated };
}

test("lines end at line ends, and the last one at the stream's end", () => {
  assert.deepEqual(split(["one\ntwo\nth", "ree\n", "\n", "rest"]).lines, [
    "one",
    "two",
    "three",
    "",
    "rest",
  ]);
  assert.deepEqual(split(["done\n"]).lines, ["done"]);
  assert.deepEqual(split([]).lines, []);
});

test("however a text is cut into chunks, the lines and the output are the same", () => {
  const texts = fc.string({ unit: fc.constantFrom("a", "ä", "€", "😀", "\n", "\r\n", "\0") });
  const cuts = fc.array(fc.nat(40), { maxLength: 12 });
  fc.assert(
    fc.property(texts, cuts, (text, sizes) => {
      const bytes = Buffer.from(text);
      const chunks: Buffer[] = [];
      let at = 0;
      for (const size of sizes) {
        chunks.push(bytes.subarray(at, at + size));
        at += size;
      }
      const { lines, output } = split([...chunks, bytes.subarray(at)]);
      const expected = text.replaceAll("\r\n", "\n").split("\n");
      if (expected.at(-1) === "") expected.pop();
      assert.deepEqual(lines, expected);
      assert.equal(output, text);
    }),
    { numRuns: 500 },
  );
});

test("invalid UTF-8 is replaced, a NUL stays", () => {
  const bytes = Buffer.from([0x61, 0xff, 0x62, 0x00, 0x63, 0xe2, 0x82, 0x0a, 0xc3]);
  assert.deepEqual(split([bytes]).lines, ["a\ufffdb\0c\ufffd", "\ufffd"]);
});

test("of a progress bar the last state is the line, however it came", () => {
  assert.deepEqual(split(["10 %\r20 %\r100 %\nnext\n"]).lines, ["100 %", "next"]);
  assert.deepEqual(split(["10 %\r", "20 %\r", "100 %", "\r\n"]).lines, ["100 %"]);
  assert.deepEqual(split(["10 %", "\r20", " %\r30 %"]).lines, ["30 %"]);
  assert.deepEqual(split(["\r\r\n", "\r"]).lines, ["", ""]);
});

test("a long progress bar is no long line: nothing of it is cut", () => {
  const steps = Array.from({ length: 500 }, (_, at) => `${at} of 500\r`);
  const { lines, output } = split([...steps, "done\n"], 100);
  assert.deepEqual(lines, ["done"]);
  assert.equal(output, `${steps.join("")}done\n`);
});

test("a longer line than the limit is cut with its size, wherever the chunks end", () => {
  const long = "é".repeat(300);
  for (const chunks of [[`${long}\nnext\n`], [long.slice(0, 90), long.slice(90), "\nnext\n"]]) {
    const { lines, output } = split(chunks, 100);
    assert.equal(lines.length, 2);
    assert.match(lines[0] as string, /^é{25,34} … \[cut: the line had 600 bytes\]$/);
    assert.ok(Buffer.byteLength(lines[0] as string) <= 100);
    assert.equal(lines[1], "next");
    assert.equal(output, `${long}\nnext\n`);
  }
});

test("of a line without end no more than the limit is kept", () => {
  const tail = new Tail(100);
  const splitter = new LineSplitter(100, tail);
  const chunk = Buffer.alloc(10_000, "x");
  for (let time = 0; time < 1000; time++) assert.deepEqual(splitter.push(chunk, 10_000), []);
  assert.match(splitter.end()[0] as string, /^x+ … \[cut: the line had 10000000 bytes\]$/);
  assert.equal(tail.text(), "x".repeat(100));
});

test("the tail keeps the last bytes, whole characters only", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "binary" })),
      fc.integer({ min: 4, max: 40 }),
      (all, size) => {
        const text = Buffer.from(all.map((each) => `${each}\n`).join(""));
        const { output, truncated } = split(
          all.map((each) => Buffer.from(`${each}\n`)),
          1000,
          size,
        );
        assert.equal(truncated, text.length > size);
        let from = Math.max(0, text.length - size);
        while (from > 0 && ((text[from] ?? 0) & 0xc0) === 0x80) from++;
        assert.equal(output, text.toString("utf8", from));
      },
    ),
  );
});
