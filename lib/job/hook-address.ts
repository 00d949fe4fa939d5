import { BlockList, isIP } from "node:net";

/**
 * Who may be told by a hook, by address. `forbidden` is never dialled: what answers there gives
 * credentials away (cloud metadata), or is no single host. `private` are addresses of the machine
 * and of its network.
 */
export type AddressKind = "forbidden" | "private" | "public";

const forbidden = listOf([
  ...["0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4"],
  // Metadata services outside of the link-local range: Oracle, Alibaba, Azure, AWS, Google.
  ...["192.0.0.192/32", "100.100.100.200/32", "168.63.129.16/32"],
  // Where a network translates by a prefix of its own (RFC 8215), only it knows to which address.
  "64:ff9b:1::/48",
  ...["fd00:ec2::/32", "fd20:ce::/32", "::/128", "fe80::/10", "ff00::/8", "2001::/32"],
]);

const own = listOf([
  ...["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8"],
  ...["192.0.0.0/24", "192.0.2.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"],
  ...["::1/128", "fc00::/7", "fec0::/10", "2001:db8::/32"],
]);

const forbiddenNames = new Set([
  ...["metadata", "metadata.google.internal", "metadata.goog"],
  ...["instance-data", "instance-data.ec2.internal"],
]);

/** Of an IPv4 or IPv6 address, also one that carries an IPv4 address in it. */
export function kindOfAddress(address: string): AddressKind {
  const plain = plainAddress(address);
  const family = isIP(plain) === 6 ? "ipv6" : "ipv4";
  if (isIP(plain) === 0 || forbidden.check(plain, family)) return "forbidden";
  return own.check(plain, family) ? "private" : "public";
}

/** Of a name before it is looked up; undefined: its addresses will tell. */
export function kindOfName(name: string): AddressKind | undefined {
  const host = plainName(name);
  if (forbiddenNames.has(host)) return "forbidden";
  return host === "localhost" || host.endsWith(".localhost") ? "private" : undefined;
}

/** A URL's host name without brackets and the last dot, in lower case. */
export function plainName(name: string): string {
  return name
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1")
    .replace(/\.$/, "");
}

/** An address as the lists know it: without its zone, and as IPv4 where it stands for one. */
export function plainAddress(address: string): string {
  const bare = plainName(address).replace(/%.*$/, "");
  if (isIP(bare) !== 6) return bare;
  const groups = groupsOf(bare);
  const [first, second, third] = groups;
  const isZero = (group: number) => group === 0;
  const zeros = (until: number) => groups.slice(0, until).every(isZero);
  const mapped = zeros(5) && (groups[5] === 0xffff || groups[5] === 0);
  const translated = first === 0x64 && second === 0xff9b && groups.slice(2, 6).every(isZero);
  const isSmall = zeros(7) && (groups[7] as number) <= 1;
  if ((mapped && !isSmall) || translated) return dotted(groups[6] as number, groups[7] as number);
  // IPv4 translated (RFC 2765), and 6to4 (RFC 3056).
  if (zeros(4) && groups[4] === 0xffff && groups[5] === 0) {
    return dotted(groups[6] as number, groups[7] as number);
  }
  return first === 0x2002 ? dotted(second as number, third as number) : bare;
}

/** The eight numbers of an IPv6 address. */
function groupsOf(address: string): number[] {
  const text = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = "", tail] = text.split("::");
  const numbers = (part: string) =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const [before, after] = [numbers(head), numbers(tail ?? "")];
  const gap = 8 - before.length - after.length;
  return [...before, ...Array(Math.max(0, gap)).fill(0), ...after];
}

function dotted(high: number, low: number): string {
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** Addresses and ranges as `10.0.0.0/8`; undefined where one of them is neither. */
export function rangeOf(text: string): BlockList | undefined {
  const [address = "", bits, ...rest] = text.split("/");
  const family = isIP(plainName(address));
  const most = family === 6 ? 128 : 32;
  const width = bits === undefined ? most : Number(bits);
  const sound = family !== 0 && rest.length === 0 && (bits === undefined || /^\d+$/.test(bits));
  if (!sound || width > most) return undefined;
  const list = new BlockList();
  list.addSubnet(plainName(address), width, family === 6 ? "ipv6" : "ipv4");
  return list;
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = "", bits] = range.split("/");
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? "ipv6" : "ipv4");
  }
  return list;
}
