import assert from "node:assert/strict";
import { test } from "node:test";
import { createRuntime, defineJob } from "../../actors/index.ts";
import { createClient } from "../../lib/client/remote.ts";
import { bounded, signal, silent } from "../actors/kit.ts";

test("a followed log goes on after a lost connection, each line once", bounded, async (t) => {
  const release = signal();
  const tell = defineJob("tell", {
    async run(_args: unknown, ctx) {
      ctx.log.info("before");
      await release.promise;
      ctx.log.info("after");
    },
  });
  const options = { storage: ":memory:", logger: silent, http: { port: 0 }, jobs: [tell] };
  const runtime = await createRuntime(options);
  t.after(() => runtime.stop({ graceMs: 0 }));
  await runtime.start();
  const opened: (string | null)[] = [];
  const client = createClient({
    url: runtime.listening?.url ?? "",
    async fetch(url, init) {
      const answer = await fetch(url, init);
      if (!String(url).includes("/log/follow")) return answer;
      opened.push(new Headers(init?.headers).get("last-event-id"));
      return opened.length === 1 ? new Response(cutAfter(answer, "before")) : answer;
    },
  });
  const { id } = await client.enqueue(tell);
  const texts: string[] = [];
  for await (const { text, cursor } of client.logs.follow(id, { tail: 5 })) {
    texts.push(text);
    if (text === "before") {
      release.resolve();
      opened.push(cursor);
    }
  }
  assert.deepEqual(texts, ["before", "after"]);
  const [first, cursor, second] = opened;
  assert.deepEqual([first, second, opened.length], [null, cursor, 3]);
});

/** A connection that is lost behind the piece that has some text. */
function cutAfter({ body }: Response, text: string): ReadableStream<Uint8Array> {
  const cut = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      controller.enqueue(piece);
      if (Buffer.from(piece).includes(text)) controller.terminate();
    },
  });
  return (body as ReadableStream<Uint8Array>).pipeThrough(cut);
}
