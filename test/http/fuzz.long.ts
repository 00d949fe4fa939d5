import { test } from "node:test";
import { withstands } from "./fuzz-kit.ts";

test("ten thousand random requests get no 5xx, and every refusal its body", async (t) => {
  await withstands(t, 10_000, Number(process.env.ERGATE_SEED ?? 2));
});
