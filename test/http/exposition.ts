import assert from "node:assert/strict";

/** Reads Prometheus text as strictly as its own tools do: what is malformed fails the test. */

export interface Exposed {
  type: string;
  help: string;
  samples: Map<string, number>;
}

const nameForm = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const sampleForm = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const labelForm = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)/y;

/** By a metric's name; samples by their whole text before the value. */
export function exposed(text: string): Map<string, Exposed> {
  assert.ok(text.endsWith("\n"), "the last line has no end");
  const families = new Map<string, Exposed>();
  let [name, family] = ["", undefined as Exposed | undefined];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const [, about, named = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (about === "HELP") {
      assert.match(named, nameForm);
      assert.ok(!families.has(named), `${named} comes twice`);
      [name, family] = [named, { type: "", help: rest, samples: new Map() }];
      families.set(name, family);
    } else if (about === "TYPE") {
      assert.equal(named, name, "a TYPE without its HELP");
      assert.match(rest, /^(counter|gauge|histogram)$/);
      if (family !== undefined) family.type = rest;
    } else if (family !== undefined) {
      addSample(line, name, family);
    } else assert.fail(`a sample before its head: ${line}`);
  }
  for (const [each, { type, samples }] of families) checkFamily(each, type, samples);
  return families;
}

function addSample(line: string, name: string, { type, samples }: Exposed): void {
  const [, own = "", labels = "", value = ""] = sampleForm.exec(line) ?? assert.fail(line);
  const suffixes = type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
  assert.ok(
    suffixes.some((suffix) => own === `${name}${suffix}`),
    line,
  );
  labelForm.lastIndex = 0;
  const names = new Set<string>();
  while (labelForm.lastIndex < labels.length) {
    const [, label = ""] = labelForm.exec(labels) ?? assert.fail(`bad labels: ${line}`);
    assert.ok(!names.has(label), `${label} twice: ${line}`);
    names.add(label);
  }
  assert.ok(Number.isFinite(Number(value)), line);
  const key = line.slice(0, line.lastIndexOf(" "));
  assert.ok(!samples.has(key), `twice: ${line}`);
  samples.set(key, Number(value));
}

function checkFamily(name: string, type: string, samples: Map<string, number>): void {
  assert.match(name, /^ergate_/);
  assert.equal(name.endsWith("_total"), type === "counter", name);
  assert.doesNotMatch(name, /_(ms|milliseconds|kb|kilobytes|minutes)\b/, "no base unit");
  if (type === "counter") {
    for (const [sample, value] of samples) assert.ok(value >= 0, `${sample} ${value}`);
  }
  if (type === "histogram") checkBuckets(name, samples);
}

/** Buckets of one set of labels rise in their order, and the last one is the count. */
function checkBuckets(name: string, samples: Map<string, number>): void {
  const last = new Map<string, { le: number; value: number }>();
  for (const [sample, value] of samples) {
    const [, before, bound = ""] = /^(.*_bucket\{.*?)le="([^"]+)"\}$/.exec(sample) ?? [];
    if (before === undefined) continue;
    const le = bound === "+Inf" ? Number.POSITIVE_INFINITY : Number(bound);
    const known = last.get(before);
    assert.ok(known === undefined || (le > known.le && value >= known.value), sample);
    last.set(before, { le, value });
  }
  for (const [before, { le, value }] of last) {
    assert.equal(le, Number.POSITIVE_INFINITY, before);
    const labels = before.slice(`${name}_bucket{`.length).replace(/,$/, "");
    const count = samples.get(`${name}_count${labels === "" ? "" : `{${labels}}`}`);
    assert.equal(count, value, before);
  }
}
