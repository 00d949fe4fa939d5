import type * as OpenTelemetry from "@opentelemetry/api";
import { limits } from "../lib/base/limits.ts";
import { version } from "../lib/base/version.ts";
import type { EnqueueOptions } from "../lib/job/context.ts";
import { isDirective } from "../lib/job/directive.ts";
import type { JobMeta, Receipt } from "../lib/job/job.ts";
import type { Middleware, MiddlewareJob } from "../lib/job/middleware.ts";
import type { Directive } from "../lib/job/outcome.ts";
import type { Parent } from "./duplicate.ts";

type Api = typeof OpenTelemetry;
type Enqueue = (options: EnqueueOptions) => Promise<Receipt>;

/** Under which names W3C's trace context stands in a job's meta. */
const carried = ["traceparent", "tracestate"] as const;

/**
 * Spans of enqueues and runs by OpenTelemetry's API. A job carries the context of its enqueue in
 * its meta, so that a run is its child wherever and however late it comes. Attributes are named as
 * OpenTelemetry's conventions for messaging have them.
 */
export class Tracing {
  readonly #api: Api;
  readonly #tracer: OpenTelemetry.Tracer;
  /** Of the runs here, for what their handlers enqueue: a thread's calls have no stack of ours. */
  readonly #runs = new Map<string, OpenTelemetry.Context>();
  /** Of those that ended last: what is enqueued with a result is made after the run. */
  readonly #ended = new Map<string, OpenTelemetry.Context>();

  constructor(api: Api) {
    this.#api = api;
    this.#tracer = api.trace.getTracer("ergate", version);
  }

  /** A span around an enqueue, whose context the job takes along. */
  async enqueue(
    name: string,
    options: EnqueueOptions | undefined,
    parent: Parent | undefined,
    enqueue: Enqueue,
  ): Promise<Receipt> {
    const { SpanKind } = this.#api;
    const context = this.#contextOf(options?.meta, parent);
    const attributes = { ...common, "messaging.operation.name": "enqueue", "ergate.job": name };
    const span = this.#tracer.startSpan(
      `enqueue ${name}`,
      { kind: SpanKind.PRODUCER, attributes },
      context,
    );
    try {
      const traced = this.#api.trace.setSpan(context, span);
      const receipt = await enqueue(this.#carrying(options, traced));
      span.setAttribute("messaging.message.id", receipt.id);
      span.setAttribute("ergate.disposition", receipt.disposition);
      return receipt;
    } catch (error) {
      this.#fail(span, error);
      throw error;
    } finally {
      span.end();
    }
  }

  /** For a job that is not waited for: it takes the context along without a span of its own. */
  carry(options: EnqueueOptions | undefined, parent: Parent | undefined): EnqueueOptions {
    return this.#carrying(options, this.#contextOf(options?.meta, parent));
  }

  /** A span around each run, in the loop, in a thread or of a command. */
  readonly run: Middleware = (job, next) => {
    const { context, propagation, trace, ROOT_CONTEXT, SpanKind } = this.#api;
    const origin = propagation.extract(ROOT_CONTEXT, job.meta);
    const span = this.#tracer.startSpan(
      `run ${job.name}`,
      { kind: SpanKind.CONSUMER, attributes: attributesOf(job) },
      origin,
    );
    const traced = trace.setSpan(origin, span);
    this.#runs.set(job.id, traced);
    return context.with(traced, async () => {
      try {
        const result = await next();
        if (isDirective(result)) this.#direct(span, result);
        return result;
      } catch (error) {
        if (isDirective(error)) this.#direct(span, error);
        else this.#fail(span, error);
        throw error;
      } finally {
        span.end();
        this.#end(job.id, traced);
      }
    });
  };

  #end(id: string, traced: OpenTelemetry.Context): void {
    // A later run of the same job may have begun: a handler that lingers ends after it.
    if (this.#runs.get(id) !== traced) return;
    this.#runs.delete(id);
    this.#ended.set(id, traced);
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > limits.tracesEnded) this.#ended.delete(oldest as string);
  }

  /** What the caller gave along comes first, then the run that enqueues, then what is active. */
  #contextOf(meta: JobMeta | undefined, parent: Parent | undefined): OpenTelemetry.Context {
    const active = this.#api.context.active();
    if (meta?.traceparent !== undefined) return this.#api.propagation.extract(active, meta);
    const own = parent && (this.#runs.get(parent.id) ?? this.#ended.get(parent.id));
    return own === undefined || this.#api.trace.getSpan(active) !== undefined ? active : own;
  }

  #carrying(options: EnqueueOptions | undefined, context: OpenTelemetry.Context): EnqueueOptions {
    const injected: Record<string, string> = {};
    this.#api.propagation.inject(context, injected);
    // What is of a wrong shape goes on as it is, to be refused.
    if (!isObject(options ?? {}) || !isObject(options?.meta ?? {})) return options ?? {};
    const meta = { ...options?.meta };
    for (const key of carried) if (injected[key] !== undefined) meta[key] = injected[key];
    return { ...options, meta };
  }

  #direct(span: OpenTelemetry.Span, directive: Directive): void {
    span.setAttribute("ergate.directive", directive.type);
    if (directive.type === "snooze") return;
    const message = "reason" in directive ? directive.reason : (directive.error?.message ?? "");
    span.setStatus({ code: this.#api.SpanStatusCode.ERROR, message });
  }

  #fail(span: OpenTelemetry.Span, error: unknown): void {
    const exception = error instanceof Error ? error : String(error);
    const message = error instanceof Error ? error.message : String(error);
    span.recordException(exception);
    span.setStatus({ code: this.#api.SpanStatusCode.ERROR, message });
  }
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const common = { "messaging.system": "ergate" } as const;

function attributesOf(job: MiddlewareJob): OpenTelemetry.Attributes {
  return {
    ...common,
    "messaging.operation.name": "run",
    "messaging.operation.type": "process",
    "messaging.destination.name": job.queue,
    "messaging.message.id": job.id,
    "ergate.job": job.name,
    "ergate.attempt": job.attempt,
  };
}

/** Where OpenTelemetry's API keeps what was registered, over all copies of its 1.x. */
const registered = Symbol.for("opentelemetry.js.api.1");

/**
 * Undefined where no tracer is registered: then nothing is loaded and no run is wrapped. The API
 * alone is no sign, since other libraries bring it.
 */
export async function findTracing(): Promise<Tracing | undefined> {
  const global = (globalThis as Record<symbol, { trace?: unknown } | undefined>)[registered];
  if (global?.trace === undefined) return undefined;
  const api = await import("@opentelemetry/api").catch(() => undefined);
  return api && new Tracing(api);
}
