import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";
import type { HookBody } from "../../lib/hook/body.ts";

export interface Received {
  headers: IncomingMessage["headers"];
  path: string;
  text: string;
  body: HookBody;
}

/** A real server that hooks are posted to. */
export interface Receiver {
  url: string;
  port: number;
  got: Received[];
  /** Resolves once so many requests were answered. */
  has(count: number): Promise<Received[]>;
}

/** How the request is answered; the default is 200. What is not ended stays open. */
export type Answer = (received: Received, answer: ServerResponse, at: number) => void;

export async function receiver(
  t: TestContext,
  respond: Answer = (_, answer) => answer.end(),
): Promise<Receiver> {
  const got: Received[] = [];
  const waiting = new Set<() => void>();
  const server = createServer(async (request, answer) => {
    let text = "";
    for await (const part of request) text += part;
    const { headers, url: path = "" } = request;
    got.push({ headers, path, text, body: JSON.parse(text) });
    respond(got.at(-1) as Received, answer, got.length);
    for (const wake of waiting) wake();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const has = async (count: number) => {
    while (got.length < count) {
      await new Promise<void>((resolve) => {
        const wake = () => {
          waiting.delete(wake);
          resolve();
        };
        waiting.add(wake);
      });
    }
    return got;
  };
  return { url: `http://127.0.0.1:${port}/told`, port, got, has };
}

/** Answers with these statuses, in turn; the last one for all that follow. */
export function statuses(...codes: number[]): Answer {
  return (_, answer, at) => {
    answer.statusCode = codes[Math.min(at, codes.length) - 1] as number;
    answer.end();
  };
}
