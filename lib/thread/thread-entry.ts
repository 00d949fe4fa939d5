import { MessageChannel, parentPort, threadId, workerData } from "node:worker_threads";
import { assert } from "../base/assert.ts";
import { systemClock } from "../base/clock.ts";
import { Slots } from "./slots.ts";
import { endedError } from "./thread-context.ts";
import { ThreadLog } from "./thread-log.ts";
import { Modules } from "./thread-module.ts";
import { Outbox } from "./thread-outbox.ts";
import { Runner, thrownWire } from "./thread-run.ts";
import type { Hello, LoadResult, RunResult, ThreadData, ThreadTask, ToThread } from "./wire.ts";

/**
 * The entry file of the pool's threads: Piscina imports it and calls its default export per batch.
 */

const data = workerData as ThreadData;
const { port1, port2 } = new MessageChannel();
const outbox = new Outbox(port1);
const slots = new Slots(data.shared);
const log = new ThreadLog(outbox);
const modules = new Modules();
const stopping = new AbortController();
const { payloadBytes } = data;
const around = { clock: systemClock, slots, outbox, log, stopping, payloadBytes };
const runner = new Runner(around, modules);

assert(parentPort !== null, "the thread's entry runs in a thread");
const hello: Hello = { ergate: "hello", thread: threadId, port: port2, gauge: log.gauge };
parentPort.postMessage(hello, [port2]);
port1.on("message", receive);
// Piscina's own port keeps the thread alive; this one must not keep it from ending.
port1.unref();
process.on("exit", () => runner.exiting());

export default async function take(task: ThreadTask): Promise<RunResult | LoadResult> {
  switch (task.type) {
    case "run":
      return runBatch(task);
    case "load":
      return load(task.slot, task.url);
    case "idle":
      return undefined;
    default:
      return task satisfies never;
  }
}

async function runBatch(task: Extract<ThreadTask, { type: "run" }>): Promise<RunResult> {
  const result = await runner.run(task);
  if (runner.ended < data.recycleAfter) return result;
  // The endings go ahead and the task is never answered, so that Piscina gives this thread no
  // other.
  outbox.post({ type: "ended", task: task.task, endings: result.endings, recycled: true });
  await modules.teardown();
  process.exit(0);
}

async function load(slot: number, url: string): Promise<LoadResult> {
  slots.enter(slot, threadId);
  try {
    await modules.load(url);
    return undefined;
  } catch (error) {
    return thrownWire(error);
  }
}

function receive(message: ToThread): void {
  switch (message.type) {
    case "ask":
      runner.ask(message.task, message.at, message.asked, message.reason);
      break;
    case "flush":
      runner.flush(message.task);
      break;
    case "stopping":
      stopping.abort(endedError("shutdown", ""));
      break;
    case "taken":
      log.taken(message.seq);
      break;
    case "receipt":
    case "refused":
      outbox.answer(message);
      break;
    case "teardown":
      modules.teardown().finally(() => {
        log.post();
        outbox.post({ type: "bye" });
      });
      break;
    default:
      message satisfies never;
  }
}
