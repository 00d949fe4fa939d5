import { test } from "node:test";
import { hooksSurvive } from "./hook-kills.ts";

test("moves that were acknowledged are told in order over many kills", { timeout: 900_000 }, (t) =>
  hooksSurvive(t, 25),
);
