import { parentPort, workerData } from "node:worker_threads";
import { kernel } from "../kernel.ts";

/** A bare thread: warms up, says so, waits for the start, runs the kernel so often, says so. */
const { iterations, jobs } = workerData as { iterations: number; jobs: number };

for (let warm = 0; warm < 50; warm++) kernel(iterations);
parentPort?.once("message", () => {
  for (let left = jobs; left > 0; left--) kernel(iterations);
  parentPort?.postMessage("done");
});
parentPort?.postMessage("ready");
