import { test } from "node:test";
import { hooksSurvive } from "./hook-kills.ts";

test("moves that were acknowledged are told in order after a kill -9", { timeout: 120_000 }, (t) =>
  hooksSurvive(t, 1),
);
