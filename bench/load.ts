import { sibling } from "../lib/base/sibling.ts";
import type { Figures } from "./harness.ts";
import { Partner } from "./partner.ts";

/** The load on an HTTP server, made by a process of its own. */
export interface Load {
  /** So many requests; or until `over`. Rejects where one was answered with another status. */
  run(until: number | Promise<unknown>): Promise<LoadFigures>;
  end(): void;
}

export interface LoadPlan {
  port: number;
  /** Kept alive; each has one request under way. */
  connections: number;
  /** Whole, as `httpRequest` makes them; sent in turn. */
  requests: readonly string[];
  /** That each must be answered with. */
  status: number;
}

export interface LoadFigures extends Figures {
  perSecond: number;
  /** Milliseconds from a request to the end of its answer. */
  p50: number;
  p99: number;
}

export type LoadMessage =
  | { type: "open"; plan: LoadPlan }
  | { type: "run"; count: number | null }
  | { type: "stop" };

export async function openLoad(plan: LoadPlan): Promise<Load> {
  const partner = new Partner<LoadMessage>(sibling(import.meta.url, "./bench-load-entry"));
  await partner.ask({ type: "open", plan });
  return {
    run(until) {
      const count = typeof until === "number" ? until : null;
      const figures = partner.ask({ type: "run", count });
      if (typeof until !== "number") void until.then(() => partner.tell({ type: "stop" }));
      return figures as Promise<LoadFigures>;
    },
    end: () => partner.end(),
  };
}

export function httpRequest(method: string, path: string, body?: object): string {
  const text = body === undefined ? "" : JSON.stringify(body);
  const typed = `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n`;
  const head = `${method} ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n`;
  return `${head}${body === undefined ? "" : typed}\r\n${text}`;
}
