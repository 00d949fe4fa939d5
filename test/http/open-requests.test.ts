import assert from "node:assert/strict";
import { test } from "node:test";
import { OpenRequests } from "../../lib/http/open-requests.ts";
import { bounded } from "../actors/kit.ts";

function opened() {
  const [client, closing] = [new AbortController(), new AbortController()];
  const request = new Request("http://127.0.0.1/", { signal: client.signal });
  return { client, closing, open: new OpenRequests(closing.signal), request };
}

/** Ends when the signal fires, with its reason. */
function aborted(signal: AbortSignal): Promise<unknown> {
  if (signal.aborted) return Promise.resolve(signal.reason);
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(signal.reason)));
}

test("a request's signal fires when its client leaves", bounded, async () => {
  const { client, open, request } = opened();
  const waits = open.during(request, aborted);
  client.abort("left");
  assert.equal(await waits, "left");
  assert.equal(await open.during(request, aborted), "left");
});

test(
  "a request's signal fires when the server closes, and of one that comes then",
  bounded,
  async () => {
    const { closing, open, request } = opened();
    const waits = open.during(request, aborted);
    closing.abort("closed");
    assert.equal(await waits, "closed");
    assert.equal(await open.during(request, aborted), "closed");
  },
);

test("a request that was answered hears of neither any more", bounded, async () => {
  const { client, closing, open, request } = opened();
  const signal = await open.during(request, async (its) => its);
  client.abort();
  closing.abort();
  assert.equal(signal.aborted, false);
  await assert.rejects(
    open.during(request, () => Promise.reject(new Error("no"))),
    /no/,
  );
});
