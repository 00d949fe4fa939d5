import ts from "typescript-api";
import { type Edge, edgesOf, folderOf, type Source } from "./source.ts";

/**
 * DESIGN section 2: which folder stands on which floor. It leaves bench open: that drives the front
 * door, and the bin hands it to the command line, so it stands between the two.
 */
const floors: readonly (readonly string[])[] = [
  ["lib/base"],
  ["lib/kernel", "lib/job"],
  ["lib/protocol"],
  [
    "lib/store",
    "lib/thread",
    "lib/cron",
    "lib/command",
    "lib/metric",
    "lib/log",
    "lib/push",
    "lib/hook",
    "lib/bus",
  ],
  ["lib/client", "lib/http", "lib/cli", "lib/web"],
  ["actors"],
  ["actors/runtime.ts", "actors/index.ts", "actors/testing.ts"],
  ["bench"],
  ["actors/bin.ts"],
];

/** Folders that a folder may not import although they stand lower. */
const forbidden: Record<string, readonly string[]> = {
  "lib/store": ["lib/kernel"],
  "lib/client": ["lib/store", "lib/thread"],
  "lib/http": ["lib/store", "lib/thread"],
};

/**
 * The one way sideways. What others hold on floor 4 are faces of what users hold in a program: they
 * do what they do through the client, so that nothing can be done in one place only.
 */
const client = "lib/client";
const faces: readonly string[] = ["lib/cli", "lib/http", "lib/web"];

const threadEntry = "lib/thread/thread-entry.ts";
/** It runs in a browser: it may know how things look, but load none of it. */
const webTypes = ["lib/protocol", client];

const threadFolders = ["lib/base", "lib/job", "lib/thread"];

/** Every import that a floor or a side rule forbids, each as one sentence. */
export function floorFaults(sources: readonly Source[]): string[] {
  const product = sources.filter(({ path }) => /^(lib|actors|bench)\//.test(path));
  return [
    ...product.flatMap(importFaults),
    ...product.flatMap(protocolFaults),
    ...threadFaults(sources),
  ];
}

function importFaults(source: Source): string[] {
  const faults: string[] = [];
  for (const edge of edgesOf(source)) {
    const reason = refusal(source.path, edge);
    if (reason !== undefined) faults.push(sentence(source.path, edge, reason));
  }
  return faults;
}

function sentence(path: string, { line, target }: Edge, reason: string): string {
  return `${path}:${line} imports ${target}: ${reason}`;
}

function refusal(from: string, { target, typeOnly }: Edge): string | undefined {
  const own = folderOf(from);
  const other = folderOf(target);
  if (own.startsWith("lib/") && other === "actors") return "lib never imports actors";
  if (own === other && floorOf(from) >= floorOf(target)) return engineRefusal(from, target);
  if (forbidden[own]?.includes(other)) return `${own} never imports ${other}`;
  if (own === "lib/web" && !(webTypes.includes(other) && typeOnly)) {
    return "the dashboard imports only types of lib/protocol and lib/client";
  }
  if (faces.includes(own) && other === client) return undefined;
  if (floorOf(from) > floorOf(target)) return undefined;
  return `floor ${floorOf(from)} imports only lower floors, not floor ${floorOf(target)}`;
}

function engineRefusal(from: string, target: string): string | undefined {
  const [own, other] = [engineOf(from), engineOf(target)];
  if (own === undefined || other === undefined || own === other) return undefined;
  return "one engine never imports another";
}

function engineOf(path: string): string | undefined {
  return /^lib\/store\/([^/]+)\//.exec(path)?.[1];
}

/** A folder that the table doesn't name stands above all, so that whoever imports it hears of it. */
function floorOf(path: string): number {
  const floor = floors.findLastIndex((names) => names.includes(path));
  if (floor >= 0) return floor;
  const folder = floors.findIndex((names) => names.includes(folderOf(path)));
  return folder >= 0 ? folder : floors.length;
}

function protocolFaults(source: Source): string[] {
  if (folderOf(source.path) !== "lib/protocol") return [];
  const value = source.tree.statements.find((statement) => !isTypeStatement(statement));
  return value === undefined ? [] : [`${source.path} holds more than types`];
}

function isTypeStatement(node: ts.Statement): boolean {
  if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return true;
  if (ts.isExportDeclaration(node)) return node.isTypeOnly;
  return ts.isImportDeclaration(node);
}

/** A thread's start pays for all that its entry loads, so the rule holds for what it loads in turn. */
function threadFaults(sources: readonly Source[]): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const reached = new Set([threadEntry]);
  const faults: string[] = [];
  for (const path of reached) {
    const source = byPath.get(path);
    for (const edge of source === undefined ? [] : edgesOf(source)) {
      if (edge.typeOnly) continue;
      if (threadFolders.includes(folderOf(edge.target))) reached.add(edge.target);
      else faults.push(sentence(path, edge, "a thread loads only base, job and thread"));
    }
  }
  return faults;
}
