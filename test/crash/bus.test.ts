import { test } from "node:test";
import { bounded, newFile, started } from "../actors/kit.ts";
import { killBoth } from "./bus-evidence.ts";

test("killed while they publish and deliver, nothing acknowledged is lost", bounded, async (t) => {
  const storage = newFile(t);
  const runtime = await started(t, { storage });
  const subscription = await runtime.bus.subscribe("tick", {
    name: "worker",
    run: () => undefined,
  });
  await subscription.unsubscribe();
  await killBoth(runtime, storage, 1, () => 20);
});
