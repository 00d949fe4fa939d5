import { test } from "node:test";
import { bounded } from "../actors/kit.ts";
import { withstands } from "./fuzz-kit.ts";

test("a thousand random requests get no 5xx, and every refusal its body", bounded, async (t) => {
  await withstands(t, 1_000, Number(process.env.ERGATE_SEED ?? 1));
});
