import assert from "node:assert/strict";
import { test } from "node:test";
import { limits } from "../../lib/base/limits.ts";
import { randomToken } from "../../lib/base/random.ts";
import { Tickets } from "../../lib/http/tickets.ts";
import { VirtualClock } from "../../lib/kernel/testkit.ts";
import { bounded } from "../actors/kit.ts";
import { call, served } from "./kit.ts";

const secrets = [{ name: "viewer", secret: "viewer-secret", rights: "read" as const }];
const asViewer = { authorization: "Bearer viewer-secret" };
const asPage = { accept: "text/event-stream" };

/** The status of a stream that is left again at once. */
async function opened(url: string, headers: Record<string, string>): Promise<number> {
  const left = new AbortController();
  const { status } = await fetch(url, { headers, signal: left.signal });
  left.abort();
  return status;
}

test("a ticket opens one stream in place of a secret, and no second one", bounded, async (t) => {
  const { url, port } = await served(t, { secrets });
  for (const version of ["v1", "v2"]) {
    const at = `/api/${version}/tickets`;
    assert.equal((await call(port, "POST", at)).status, 401);
    const { status, body } = await call(port, "POST", at, { headers: asViewer });
    assert.equal(status, 201);
    assert.match(String(body.ticket), /^[\w-]{43}$/);
    const stream = `${url}/api/v2/events?types=completed&ticket=${body.ticket}`;
    assert.equal(await opened(stream, asPage), 200);
    assert.equal(await opened(stream, asPage), 401);
  }
  assert.equal(await opened(`${url}/api/v2/events?ticket=guessed`, asPage), 401);
});

test(
  "a ticket is for streams alone, and is not used up by what it can't open",
  bounded,
  async (t) => {
    const { url, port } = await served(t, { secrets });
    const { ticket } = (await call(port, "POST", "/api/v2/tickets", { headers: asViewer })).body;
    const refused = async (method: string, path: string, headers: Record<string, string>) => {
      const got = await call(port, method, `${path}?ticket=${ticket}`, { headers });
      assert.equal(got.status, 401, `${method} ${path}`);
    };
    await refused("GET", "/api/v2/jobs", {});
    await refused("POST", "/api/v2/tickets", asPage);
    assert.equal(await opened(`${url}/api/v2/events?ticket=${ticket}`, asPage), 200);
  },
);

test(
  "where no secret is asked for, a ticket that is none is refused all the same",
  bounded,
  async (t) => {
    const { url, port } = await served(t);
    assert.equal(await opened(`${url}/api/v2/events?ticket=guessed`, asPage), 401);
    const { ticket } = (await call(port, "POST", "/api/v2/tickets")).body;
    assert.equal(await opened(`${url}/api/v2/events?ticket=${ticket}`, asPage), 200);
  },
);

test("a ticket has its maker's rights for 30 s", () => {
  const clock = new VirtualClock();
  const tickets = new Tickets(clock, randomToken);
  const [viewer, hand, late] = [
    ...[tickets.issue("read"), tickets.issue("operate"), tickets.issue("admin")],
  ];
  assert.equal(viewer?.expiresAt, clock.now() + 30_000);
  clock.advance(limits.httpTicketMs - 1);
  assert.equal(tickets.redeem(viewer?.ticket ?? ""), "read");
  assert.equal(tickets.redeem(hand?.ticket ?? ""), "operate");
  assert.equal(tickets.redeem(hand?.ticket ?? ""), null);
  clock.advance(1);
  assert.equal(tickets.redeem(late?.ticket ?? ""), null);
});

test("tickets are bounded: past 10 000 that wait, new ones come once old ones are late", () => {
  const clock = new VirtualClock();
  const tickets = new Tickets(clock, randomToken);
  for (let each = 0; each < limits.httpTickets; each++) tickets.issue("read");
  assert.throws(() => tickets.issue("read"), { code: "ERR_ERGATE_OVERLOADED" });
  clock.advance(limits.httpTicketMs);
  assert.match(tickets.issue("read").ticket, /^[\w-]{43}$/);
});
