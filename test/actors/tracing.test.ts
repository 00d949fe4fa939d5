import assert from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";
import { defineJob, discard, snooze } from "../../actors/index.ts";
import { findTracing } from "../../actors/tracing.ts";
import { bounded, handler, newFile, refuses, started } from "./kit.ts";

/** Spans as OpenTelemetry's own SDK gets them. */
const exporter = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });

test("where no tracer is registered nothing is loaded and jobs carry nothing", async (t) => {
  assert.equal(await findTracing(), undefined);
  const runtime = await started(t, { storage: newFile(t), jobs: [echo] });
  const { id } = await runtime.enqueue(echo, 1);
  await runtime.result(id);
  assert.deepEqual((await runtime.jobs.get(id))?.meta, {});
  provider.register();
});

beforeEach(() => exporter.reset());
after(() => provider.shutdown());

const echo = defineJob("echo", { run: (args: number) => args });
const tracer = trace.getTracer("test");

function spans(name: string): ReadableSpan[] {
  return exporter.getFinishedSpans().filter((span) => span.name === name);
}

function only(name: string): ReadableSpan {
  const found = spans(name);
  assert.equal(found.length, 1, `${found.length} spans are named ${name}`);
  return found[0] as ReadableSpan;
}

function isChild(child: ReadableSpan, parent: ReadableSpan): void {
  assert.equal(child.spanContext().traceId, parent.spanContext().traceId);
  assert.equal(child.parentSpanContext?.spanId, parent.spanContext().spanId);
}

for (const place of ["loop", "thread"] as const) {
  const named = (text: string) => `${place}: ${text}`;
  const child = defineJob("child", { run: () => "done" });
  const job = {
    loop: defineJob("parent", {
      async run(_args, ctx) {
        await ctx.enqueue("child");
        await ctx.enqueue("child", 1, { with: "result" });
      },
    }),
    thread: defineJob("parent", { thread: handler("parent") }),
  }[place];

  test(named("a run is its enqueue's child, and that of what was active"), bounded, async (t) => {
    const runtime = await started(t, { storage: newFile(t), jobs: [child, job], threads: 1 });
    const id = await tracer.startActiveSpan("request", async (span) => {
      const receipt = await runtime.enqueue(job, { end: "well" }, { queue: "other" });
      span.end();
      return receipt.id;
    });
    await runtime.result(id);
    const children = (await runtime.jobs.list({ parent: id })).items;
    await Promise.all(children.map((one) => runtime.result(one.id)));
    const [enqueue, run] = [only("enqueue parent"), only("run parent")];
    isChild(enqueue, only("request"));
    isChild(run, enqueue);
    const atOnce = only("enqueue child");
    isChild(atOnce, run);
    const runs = spans("run child");
    assert.equal(runs.length, 2);
    const isOf = (parent: ReadableSpan) => (span: ReadableSpan) =>
      span.parentSpanContext?.spanId === parent.spanContext().spanId;
    assert.ok(runs.some(isOf(atOnce)), "no run is of the enqueue at once");
    assert.ok(runs.some(isOf(run)), "no run is of the job that was enqueued with the result");
    assert.deepEqual([enqueue.kind, run.kind], [SpanKind.PRODUCER, SpanKind.CONSUMER]);
    assert.deepEqual(run.attributes, {
      "messaging.system": "ergate",
      "messaging.operation.name": "run",
      "messaging.operation.type": "process",
      "messaging.destination.name": "other",
      "messaging.message.id": id,
      "ergate.job": "parent",
      "ergate.attempt": 1,
    });
    assert.equal(enqueue.attributes["messaging.message.id"], id);
    assert.equal(enqueue.attributes["ergate.disposition"], "created");
  });
}

test("each attempt is a span of its own, and says how it failed", bounded, async (t) => {
  const flaky = defineJob("flaky", {
    backoff: 0,
    run(_args, { attempt }) {
      if (attempt === 1) throw new TypeError("not yet");
      return discard("no more");
    },
  });
  const runtime = await started(t, { storage: newFile(t), jobs: [flaky] });
  const { id } = await runtime.enqueue(flaky, null);
  await refuses(runtime.result(id), "ERR_ERGATE_RESULT_DEAD");
  const [first, second] = spans("run flaky");
  assert.ok(first && second, "there are not two spans");
  isChild(first, only("enqueue flaky"));
  isChild(second, only("enqueue flaky"));
  assert.deepEqual(first.status, { code: SpanStatusCode.ERROR, message: "not yet" });
  assert.equal(first.events[0]?.attributes?.["exception.type"], "TypeError");
  assert.deepEqual(second.status, { code: SpanStatusCode.ERROR, message: "no more" });
  assert.equal(second.attributes["ergate.directive"], "discard");
});

test("a snooze is no failure", bounded, async (t) => {
  const twice = defineJob("twice", { run: (first: boolean) => (first ? snooze("1h") : 1) });
  const runtime = await started(t, { storage: newFile(t), jobs: [twice] });
  await runtime.enqueue(twice, true);
  for await (const { type } of runtime.events({ signal: AbortSignal.timeout(10_000) })) {
    if (type === "scheduled" && spans("run twice").length > 0) break;
  }
  assert.equal(only("run twice").status.code, SpanStatusCode.UNSET);
});

test(
  "a context given in meta is kept, and jobs committed together carry one too",
  bounded,
  async (t) => {
    const runtime = await started(t, { storage: newFile(t), jobs: [echo] });
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const { id } = await runtime.enqueue(echo, 1, { meta: { traceparent, own: "x" } });
    await runtime.result(id);
    const enqueue = only("enqueue echo");
    assert.equal(enqueue.spanContext().traceId, "0af7651916cd43dd8448eb211c80319c");
    assert.equal((await runtime.jobs.get(id))?.meta.own, "x");
    exporter.reset();
    await tracer.startActiveSpan("batch", async (span) => {
      const receipts = await runtime.enqueueMany([1, 2].map((args) => ({ job: echo, args })));
      await Promise.all(receipts.map((receipt) => runtime.result(receipt.id)));
      span.end();
    });
    for (const run of spans("run echo")) isChild(run, only("batch"));
    assert.equal(spans("run echo").length, 2);
  },
);

test("an enqueue that is refused is a span that failed", bounded, async (t) => {
  const runtime = await started(t, { storage: newFile(t), jobs: [echo] });
  await refuses(runtime.enqueue(echo, 1, 7 as never), "ERR_ERGATE_OPTION");
  await refuses(runtime.enqueue(echo, 1, { meta: "x" } as never), "ERR_ERGATE_OPTION");
  assert.deepEqual(
    spans("enqueue echo").map(({ status }) => status.code),
    [SpanStatusCode.ERROR, SpanStatusCode.ERROR],
  );
  assert.equal(trace.getSpan(context.active()), undefined);
});
