import ts from "typescript-api";
import { folderOf, lineOf, type Source, walk, where } from "./source.ts";

/** The house rules that a machine can check, for lib, actors and bench. */

const fileLinesMax = 250;
const functionLinesMax = 40;
const columnsMax = 100;

export function sizeFaults(source: Source): string[] {
  const lines = source.text.trimEnd().split("\n");
  const faults = lines.flatMap((line, at) =>
    [...line].length > columnsMax ? [`${source.path}:${at + 1} is wider than ${columnsMax}`] : [],
  );
  if (lines.length > fileLinesMax) faults.push(`${source.path} has ${lines.length} lines`);
  walk(source.tree, (node) => {
    const length = functionLines(source, node);
    if (length !== undefined && length > functionLinesMax) {
      faults.push(`${where(source, node)} is a function of ${length} lines`);
    }
  });
  return faults;
}

/** Lines of a function with a body in braces, from its head to its last brace; else undefined. */
export function functionLines(source: Source, node: ts.Node): number | undefined {
  if (!ts.isFunctionLike(node) || !("body" in node)) return undefined;
  const body = node.body as ts.Node | undefined;
  if (body === undefined || !ts.isBlock(body)) return undefined;
  const last = source.tree.getLineAndCharacterOfPosition(node.getEnd()).line + 1;
  return last - lineOf(source, node) + 1;
}

/** Where a clock, timer or random number is taken although it is no lib/base, and why it may be. */
const allowed: Record<string, { call: string; reason: string }> = {
  "actors/machine.ts": {
    call: "setImmediate",
    reason: "the kernel's dispatch gets it as a value",
  },
};

const globalCalls = new Set(["setTimeout", "setInterval", "setImmediate", "randomFillSync"]);
const randomCalls = new Set(["randomBytes", "randomUUID", "randomInt", "getRandomValues"]);
const memberCalls = new Set([
  "Date.now",
  "performance.now",
  "Math.random",
  "process.hrtime",
  "process.hrtime.bigint",
  "Atomics.waitAsync",
]);
const timerModules = /^(node:)?timers(\/promises)?$/;

/** Time and chance enter by argument: nothing above lib/base asks the machine for them. */
export function ambientFaults(source: Source): string[] {
  if (folderOf(source.path) === "lib/base") return [];
  const faults: string[] = [];
  walk(source.tree, (node) => {
    const used = ambientUse(source, node);
    if (used === undefined || isAllowed(source.path, used, node)) return;
    faults.push(`${where(source, node)} uses ${used}`);
  });
  return faults;
}

function isAllowed(path: string, used: string, node: ts.Node): boolean {
  return allowed[path]?.call === used && !isCallee(node);
}

function ambientUse(source: Source, node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
    return timerModules.test(node.moduleSpecifier.text) ? node.moduleSpecifier.text : undefined;
  }
  if (ts.isNewExpression(node) && node.expression.getText(source.tree) === "Date") {
    return (node.arguments ?? []).length === 0 ? "new Date()" : undefined;
  }
  if (ts.isPropertyAccessExpression(node)) {
    const text = node.getText(source.tree).replace(/^globalThis\./, "");
    return memberCalls.has(text) || randomCalls.has(node.name.text) ? text : undefined;
  }
  if (!ts.isIdentifier(node) || !isUse(node)) return undefined;
  return globalCalls.has(node.text) || randomCalls.has(node.text) ? node.text : undefined;
}

/** Not a name that is being given: a property, parameter or field may well be called setImmediate. */
function isUse(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent)) {
    return parent.name !== node || parent.expression.getText() === "globalThis";
  }
  if (ts.isTypeQueryNode(parent) || ts.isImportSpecifier(parent)) return false;
  return !("name" in parent && parent.name === node);
}

function isCallee(node: ts.Node): boolean {
  return ts.isCallExpression(node.parent) && node.parent.expression === node;
}

/** What strict, erasable TypeScript has no need of. */
export function languageFaults(source: Source): string[] {
  const faults: string[] = [];
  walk(source.tree, (node) => {
    const name = bannedSyntax(node);
    if (name !== undefined) faults.push(`${where(source, node)} has ${name}`);
  });
  return faults;
}

function bannedSyntax(node: ts.Node): string | undefined {
  if (node.kind === ts.SyntaxKind.AnyKeyword) return "any";
  if (ts.isEnumDeclaration(node)) return "an enum";
  if (ts.isModuleDeclaration(node) && ts.isIdentifier(node.name)) return "a namespace";
  if (ts.isParameter(node) && ts.isParameterPropertyDeclaration(node, node.parent)) {
    return "a parameter property";
  }
  return undefined;
}

/** In tests: a wait by the clock is slow on a fast machine and flaky on a slow one. */
export function sleepFaults(source: Source): string[] {
  const faults: string[] = [];
  walk(source.tree, (node) => {
    const used = ambientUse(source, node);
    if (used === undefined || !/^(setTimeout|setInterval|(node:)?timers.*)$/.test(used)) return;
    faults.push(`${where(source, node)} sleeps: ${used}`);
  });
  return faults;
}
