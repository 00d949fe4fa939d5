import { parentPort, workerData } from "node:worker_threads";
import { systemClock } from "../base/clock.ts";
import { toPlainFault } from "../base/error.ts";
import { answer } from "./call.ts";
import { Indexer } from "./indexer.ts";
import type { LogFile, ThreadAnswer, ThreadCall } from "./log-thread.ts";
import { openSqliteLog, type SqliteLogEngine } from "./sqlite.ts";

// The thread that alone has the log file open in this process. A file that can't be opened is tried
// again with each call, which gets the fault as its answer.
const { file, namespace } = workerData as LogFile;
const port = parentPort as NonNullable<typeof parentPort>;
const indexer = new Indexer(systemClock);
let engine: SqliteLogEngine | undefined;

port.on("message", ({ seq, call }: ThreadCall) => {
  if (call === "close") return close();
  port.postMessage(answered(seq, call));
});

function answered(seq: number, call: Exclude<ThreadCall["call"], "close">): ThreadAnswer {
  try {
    engine ??= openSqliteLog(file, namespace);
    indexer.called(engine);
    return { seq, answer: answer(engine, call) };
  } catch (error) {
    return { seq, fault: toPlainFault(error) };
  }
}

function close(): void {
  indexer.stop();
  engine?.close();
  port.close();
}
