import { parentPort, workerData } from "node:worker_threads";
import { type PlainFault, toPlainFault } from "../../base/error.ts";
import type { Query } from "../../protocol/query.ts";
import {
  type FileOptions,
  type FileReader,
  type FileWriter,
  openFileReader,
  openWriter,
} from "./file.ts";
import { packAnswer, unpackWrite, type WireWrite } from "./wire.ts";

/**
 * The entry of both storage threads: the writer's, or a reader's. Messages are done in the order in
 * which they came; each is answered by its number.
 */
export type ToThread =
  | { type: "apply"; call: number; batch: WireWrite[] }
  | { type: "read"; call: number; query: Query }
  | { type: "backup"; call: number; file: string }
  | { type: "close"; call: number };

export type FromThread =
  | { type: "opened"; warnings: readonly string[] }
  | { type: "failed"; fault: PlainFault }
  | { type: "done"; call: number; value: unknown }
  | { type: "refused"; call: number; fault: PlainFault };

export interface ThreadData {
  role: "writer" | "reader";
  options: FileOptions;
}

const { role, options } = workerData as ThreadData;

function start(): void {
  let side: FileWriter | FileReader;
  try {
    side = role === "writer" ? openWriter(options) : openFileReader(options);
  } catch (error) {
    post({ type: "failed", fault: toPlainFault(error) });
    return;
  }
  parentPort?.on("message", (message: ToThread) => handle(side, message));
  post({ type: "opened", warnings: role === "writer" ? (side as FileWriter).warnings : [] });
}

function handle(side: FileWriter | FileReader, message: ToThread): void {
  try {
    post({ type: "done", call: message.call, value: perform(side, message) });
  } catch (error) {
    post({ type: "refused", call: message.call, fault: toPlainFault(error) });
  }
  if (message.type === "close") parentPort?.close();
}

function perform(side: FileWriter | FileReader, message: ToThread): unknown {
  switch (message.type) {
    case "apply":
      return (side as FileWriter).apply(message.batch.map(unpackWrite)).map(packAnswer);
    case "read":
      return side.read(message.query);
    case "backup":
      return side.backup(message.file);
    case "close":
      return side.close();
    default:
      return message satisfies never;
  }
}

function post(message: FromThread): void {
  parentPort?.postMessage(message);
}

start();
