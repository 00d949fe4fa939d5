import assert from "node:assert/strict";
import { test } from "node:test";
import { ErgateError } from "../../lib/base/error.ts";
import { defineJob } from "../../lib/job/definition.ts";
import { Fields } from "../../lib/job/fields.ts";
import { hookOfJob, hookTextOf, storedHook } from "../../lib/job/hook.ts";
import { anywhere, checkHookUrl, hookRulesOf } from "../../lib/job/hook-rules.ts";

const rules = (allow: unknown, isPrivateOpen = false) =>
  hookRulesOf(new Fields({ allow }, "hooks", ["allow"]), isPrivateOpen);
const closed = rules([]);

function refuses(action: () => unknown, code: string, path?: string): void {
  assert.throws(action, (error: unknown) => {
    assert.ok(error instanceof ErgateError, String(error));
    assert.equal(error.code, code, error.message);
    if (path !== undefined) assert.equal(error.path, path);
    return true;
  });
}

test("a hook is a URL, or one with its events and keys", () => {
  const text = hookTextOf("HTTPS://Receiver.Example:8443/a?b", "hook", closed);
  assert.deepEqual(storedHook(text), {
    url: "https://receiver.example:8443/a?b",
    host: "receiver.example:8443",
  });
  const whole = {
    url: "http://a.example",
    events: ["dead", "checkIn", "dead"],
    secret: "whsec_Zm9v",
  };
  assert.deepEqual(storedHook(hookTextOf(whole, "hook", closed)), {
    ...{ url: "http://a.example/", host: "a.example" },
    ...{ events: ["dead", "checkIn"], secret: ["whsec_Zm9v"] },
  });
});

test("what is no hook is refused with its path", () => {
  const url = "http://a.example/";
  for (const [value, path] of [
    [7, "hook"],
    [null, "hook"],
    [{}, "hook.url"],
    [{ url: 7 }, "hook.url"],
    [{ url, to: 1 }, "hook.to"],
    [{ url, events: [] }, "hook.events"],
    [{ url, events: ["Success"] }, "hook.events"],
    [{ url, secret: [] }, "hook.secret"],
    [{ url, secret: ["", "a"] }, "hook.secret"],
    ...["ä", "", "A", "AAAAA", "AA=", "AAAA=", "AA==="].map(
      (text) => [{ url, secret: `whsec_${text}` }, "hook.secret"] as const,
    ),
    [{ url, secret: Array(6).fill("a") }, "hook.secret"],
  ] as const) {
    refuses(() => hookTextOf(value, "hook", closed), "ERR_ERGATE_OPTION", path);
  }
});

test("an address that can't be read, or holds a password, is refused", () => {
  for (const url of [
    ...[
      "",
      "receiver",
      "ftp://a.example",
      "file:///etc/passwd",
      "http://",
      "http://a.example:99999",
    ],
    ...["http://user@a.example", "http://:word@a.example", `http://a.example/${"x".repeat(2_100)}`],
  ]) {
    refuses(() => checkHookUrl(url, anywhere), "ERR_ERGATE_HOOK_URL", "hook.url");
  }
});

test("link-local, metadata and group addresses are refused, however they are written", () => {
  for (const host of [
    ...["169.254.169.254", "169.254.1.1", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376"],
    ...["0.0.0.0", "0", "224.0.0.1", "255.255.255.255", "240.0.0.1", "100.100.100.200"],
    ...["[fe80::1]", "[ff02::1]", "[::]", "[fd00:ec2::254]", "[::ffff:169.254.169.254]"],
    ...["[::ffff:a9fe:a9fe]", "[64:ff9b::169.254.169.254]", "[2002:a9fe:a9fe::1]"],
    ...["[::ffff:0:a9fe:a9fe]", "[2001:0:1::1]", "[::169.254.169.254]"],
    "[64:ff9b:1:a9fe:a9:fe00:808:808]",
    ...["metadata.google.internal", "METADATA.google.internal.", "metadata", "169.254.169.254."],
  ]) {
    const open = rules(
      [host.replace(/[[\]]/g, "")].filter((one) => !one.endsWith(".")),
      true,
    );
    refuses(() => checkHookUrl(`http://${host}/`, open), "ERR_ERGATE_HOOK_URL");
  }
});

test("private addresses and loopback are refused, unless all are open or they are listed", () => {
  const hosts = ["10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "127.0.0.1", "127.9.9.9"];
  const others = [
    "[::1]",
    "[fc00::1]",
    "[::ffff:10.0.0.1]",
    "localhost",
    "a.localhost",
    "LOCALHOST.",
  ];
  for (const host of [...hosts, ...others]) {
    refuses(() => checkHookUrl(`http://${host}/`, closed), "ERR_ERGATE_HOOK_URL");
    checkHookUrl(`http://${host}/`, rules([], true));
  }
  const some = rules(["10.0.0.0/8", "localhost", "192.168.1.1", "::1"]);
  for (const host of ["10.255.0.1", "[::ffff:10.0.0.1]", "localhost", "192.168.1.1", "[::1]"]) {
    checkHookUrl(`http://${host}/`, some);
  }
  for (const host of ["11.0.0.1.nip.example", "172.32.0.1", "8.8.8.8", "[2606:4700::1111]"]) {
    checkHookUrl(`http://${host}/`, closed);
  }
  for (const host of ["192.168.1.2", "127.0.0.1", "a.localhost", "[::ffff:127.0.0.1]"]) {
    refuses(() => checkHookUrl(`http://${host}/`, some), "ERR_ERGATE_HOOK_URL");
  }
});

test("what hooks.allow lists is a name, an address or a range", () => {
  for (const [at, bad] of [7, "", "10.0.0.0/33", "10.0.0.0/x", "a b", "http://a"].entries()) {
    refuses(() => rules([...Array(at).fill("ok"), bad]), "ERR_ERGATE_OPTION", `hooks.allow[${at}]`);
  }
  refuses(() => rules("10.0.0.0/8"), "ERR_ERGATE_OPTION", "hooks.allow");
});

test("an enqueue's hook replaces its job's, false takes it away, and rules hold for both", () => {
  const { hook } = defineJob("a", { hook: "http://127.0.0.1/a" });
  assert.equal(hookOfJob(undefined, hook), hook);
  assert.equal(hookOfJob(false, hook), undefined);
  assert.equal(storedHook(hookOfJob("http://b.example", hook) ?? "").host, "b.example");
  refuses(() => hookOfJob(undefined, hook, closed), "ERR_ERGATE_HOOK_URL", "hook");
  refuses(() => hookOfJob("http://10.0.0.1", hook, closed), "ERR_ERGATE_HOOK_URL", "options.hook");
  refuses(() => defineJob("a", { hook: "http://169.254.169.254" }), "ERR_ERGATE_HOOK_URL");
});
