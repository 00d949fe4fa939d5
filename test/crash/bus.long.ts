import { test } from "node:test";
import { seededRandom } from "../../lib/base/random.ts";
import { newFile, started } from "../actors/kit.ts";
import { killBoth } from "./bus-evidence.ts";

test("over many kills nothing acknowledged is lost, and the order stays", async (t) => {
  const storage = newFile(t);
  const random = seededRandom(2026);
  const runtime = await started(t, { storage });
  const subscription = await runtime.bus.subscribe("tick", {
    name: "worker",
    run: () => undefined,
  });
  await subscription.unsubscribe();
  await killBoth(runtime, storage, 20, () => 1 + Math.floor(random.next() * 800));
});
