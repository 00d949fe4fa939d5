import { type BlockList, isIP } from "node:net";
import { ErgateError } from "../base/error.ts";
import { limits } from "../base/limits.ts";
import { type Fields, optionError } from "./fields.ts";
import { kindOfAddress, kindOfName, plainAddress, plainName, rangeOf } from "./hook-address.ts";

/** Where hooks of one runtime may go. */
export interface HookRules {
  /** Private addresses, loopback included, are open to all. */
  readonly isPrivateOpen: boolean;
  /** Names and ranges that are open although they are private. */
  readonly names: ReadonlySet<string>;
  readonly ranges: readonly BlockList[];
}

/** Only what is wrong with an address anywhere is refused. */
export const anywhere: HookRules = { isPrivateOpen: true, names: new Set(), ranges: [] };

/** The rules of `hooks.allow`. Throws ERR_ERGATE_OPTION with the path of the bad one. */
export function hookRulesOf(fields: Fields, isPrivateOpen: boolean): HookRules {
  const allow = fields.raw("allow") ?? [];
  const path = fields.at("allow");
  const form = "must be a list of host names, addresses and ranges such as 10.0.0.0/8";
  if (!Array.isArray(allow) || allow.length > limits.hookAllow) throw optionError(path, form);
  const names = new Set<string>();
  const ranges: BlockList[] = [];
  allow.forEach((given: unknown, at) => {
    const text = typeof given === "string" ? given : "";
    const range = rangeOf(text);
    if (range !== undefined) ranges.push(range);
    else if (/^[\w.-]+$/.test(text)) names.add(plainName(text));
    else throw optionError(`${path}[${at}]`, form);
  });
  return { isPrivateOpen, names, ranges };
}

/**
 * The address of a hook, read; throws ERR_ERGATE_HOOK_URL with the reason where it can't be read or
 * nothing may be sent there. A name is looked up when it is dialled, and its addresses are refused
 * by the same rules then.
 */
export function checkHookUrl(text: string, rules: HookRules, path = "hook.url"): URL {
  const problem = (reason: string) =>
    new ErgateError("ERR_ERGATE_HOOK_URL", `${path} ${reason}`, { path });
  if (typeof text !== "string" || text.length > limits.hookUrlChars) {
    throw problem(`must be a URL of at most ${limits.hookUrlChars} characters`);
  }
  if (!URL.canParse(text)) throw problem("can't be read as a URL");
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw problem(`must begin with http: or https:, not with ${url.protocol.slice(0, 20)}`);
  }
  if (url.username !== "" || url.password !== "") throw problem("must not hold a name or password");
  const refusal = refusalOfHost(url.hostname, rules);
  if (refusal !== undefined) throw problem(refusal);
  return url;
}

/** Why nothing may be sent to a host; undefined: it may, or its addresses will tell. */
export function refusalOfHost(host: string, rules: HookRules): string | undefined {
  const name = plainName(host);
  if (isIP(name) !== 0) return refusalOfAddress(name, name, rules);
  const kind = kindOfName(name);
  if (kind === "forbidden") return `names ${name}, where credentials are kept`;
  if (kind === "private" && !isOpen(name, undefined, rules)) return refusedPrivate(name);
  return undefined;
}

/** Why an address that `host` was looked up as may not be dialled; undefined: it may. */
export function refusalOfAddress(
  host: string,
  address: string,
  rules: HookRules,
): string | undefined {
  switch (kindOfAddress(address)) {
    case "public":
      return undefined;
    case "private":
      return isOpen(plainName(host), address, rules) ? undefined : refusedPrivate(address);
    default:
      return `leads to ${address}: no link-local, metadata or group address is told anything`;
  }
}

function refusedPrivate(what: string): string {
  return `leads to ${what}, which is private: list it in hooks.allow`;
}

function isOpen(name: string, address: string | undefined, rules: HookRules): boolean {
  if (rules.isPrivateOpen || rules.names.has(name)) return true;
  if (address === undefined) return false;
  const plain = plainAddress(address);
  const family = isIP(plain) === 6 ? "ipv6" : "ipv4";
  return rules.ranges.some((range) => range.check(plain, family));
}
