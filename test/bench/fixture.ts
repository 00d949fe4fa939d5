import type { Bench, Benchmark, Row } from "../../bench/harness.ts";
import { compare } from "../../bench/harness.ts";

/** Two benchmarks that measure nothing, and somewhere to print to. */

interface Input {
  size: number;
}

export const counting: Benchmark<Input> = {
  name: "counting",
  question: "how large is its size?",
  sides: {},
  async run(bench: Bench<Input>): Promise<Row[]> {
    const size = bench.size(100, 10, 1);
    const row = compare(bench.scale, {
      name: "counting",
      settings: { size, durability: "fsync" },
      unit: "jobs/s",
      against: "twice as much",
      value: [size, size, size],
      limit: [2 * size, 2 * size, 2 * size],
      least: 0.5,
    });
    return [row];
  },
};

export const failing: Benchmark<Input> = {
  name: "failing",
  question: "what if it throws?",
  sides: {},
  run: () => Promise.reject(new Error("it broke")),
};

export interface Printed {
  out: string;
  err: string;
  streams: {
    stdout: { write(text: string): unknown };
    stderr: { write(text: string): unknown };
  };
}

export function printed(): Printed {
  const said: Printed = {
    out: "",
    err: "",
    streams: {
      stdout: { write: (text) => (said.out += text) },
      stderr: { write: (text) => (said.err += text) },
    },
  };
  return said;
}
