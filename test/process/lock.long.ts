import { test } from "node:test";
import { countUnderLock } from "./lock-count.ts";

test("five processes add 2 000 times to one file under a lock, and none is lost", (t) =>
  countUnderLock(t, 5, 400));
