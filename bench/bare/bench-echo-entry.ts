import { parentPort } from "node:worker_threads";

/** Answers each message: what a round trip through a thread costs. */
parentPort?.on("message", (message) => parentPort?.postMessage(message));
