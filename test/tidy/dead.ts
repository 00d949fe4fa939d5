import { posix } from "node:path";
import ts from "typescript-api";
import { type Edge, edgesOf, type Source, walk, where } from "./source.ts";

/** Finds files that nothing loads and exports that nobody imports. */

/** What users, npm, threads and the test runner load by name. */
const roots = [
  /^actors\/(index|bin|testing)\.ts$/,
  /^lib\/thread\/handler\.ts$/,
  /^lib\/client\/remote\.ts$/,
  /-entry\.ts$/,
  /^bench\/main\.ts$/,
  /^test\/.*\.(test|long)\.ts$/,
  /^test\/compile-cache\.ts$/,
  /^examples\//,
];

function isRoot(path: string): boolean {
  return roots.some((root) => root.test(path));
}

export function deadFiles(sources: readonly Source[]): string[] {
  const byPath = new Map(sources.map((source) => [source.path, source]));
  const reached = new Set(sources.map(({ path }) => path).filter(isRoot));
  for (const path of reached) {
    const source = byPath.get(path);
    if (source === undefined) continue;
    for (const { target } of edgesOf(source)) reached.add(target);
    for (const target of named(source, sources)) reached.add(target);
  }
  const dead = sources.filter(({ path }) => !reached.has(path));
  return dead.map(({ path }) => `${path} is loaded by nothing`);
}

/**
 * Files that a string names, as thread handlers and child processes are: `new URL("./a.ts", …)`.
 * Of a template such as `handlers/${name}.ts` every file of that folder counts as named.
 */
function named(source: Source, sources: readonly Source[]): string[] {
  const targets = new Set<string>();
  walk(source.tree, (node) => {
    if (ts.isStringLiteralLike(node) && node.text.endsWith(".ts") && !isSpecifier(node)) {
      targets.add(posix.join(posix.dirname(source.path), node.text));
      targets.add(node.text);
    }
    if (ts.isTemplateExpression(node) && node.getText().endsWith(".ts`")) {
      const folder = posix.join(posix.dirname(source.path), posix.dirname(`${node.head.text}x`));
      for (const { path } of sources) if (posix.dirname(path) === folder) targets.add(path);
    }
  });
  return [...targets];
}

function isSpecifier({ parent }: ts.Node): boolean {
  if (ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent)) return true;
  if (ts.isLiteralTypeNode(parent)) return true;
  return ts.isCallExpression(parent) && parent.expression.kind === ts.SyntaxKind.ImportKeyword;
}

export function deadExports(sources: readonly Source[]): string[] {
  const used = new Map<string, Set<string>>();
  const whole = new Set(sources.map(({ path }) => path).filter(isRoot));
  for (const source of sources) {
    for (const edge of edgesOf(source)) note(edge, used, whole);
    for (const target of named(source, sources)) whole.add(target);
  }
  return sources
    .filter(({ path }) => !whole.has(path))
    .flatMap((source) => unusedIn(source, used.get(source.path) ?? new Set()));
}

function note({ target, names }: Edge, used: Map<string, Set<string>>, whole: Set<string>): void {
  if (names === "all") {
    whole.add(target);
    return;
  }
  const known = used.get(target) ?? new Set();
  for (const name of names) known.add(name);
  used.set(target, known);
}

function unusedIn(source: Source, used: ReadonlySet<string>): string[] {
  const all = exportsOf(source);
  return all
    .filter(({ name }) => !used.has(name) && !isPartOfAnother(name, all))
    .map(({ name, node }) => `${where(source, node)} exports ${name}, which nobody imports`);
}

interface Export {
  name: string;
  node: ts.Node;
  isType: boolean;
}

/** A type that another export's face speaks of stays exported: whoever uses that may have to name it. */
function isPartOfAnother(name: string, all: readonly Export[]): boolean {
  const own = all.find((each) => each.name === name);
  if (own?.isType !== true) return false;
  const word = new RegExp(`\\b${name}\\b`);
  return all.some(({ node }) => node !== own.node && word.test(faceOf(node)));
}

/** A declaration's text without the bodies of functions. */
function faceOf(node: ts.Node): string {
  if (ts.isBlock(node)) return "";
  const parts: string[] = [];
  ts.forEachChild(node, (child) => {
    parts.push(faceOf(child));
  });
  return parts.length === 0 ? node.getText() : parts.join(" ");
}

function exportsOf(source: Source): Export[] {
  return source.tree.statements.flatMap((statement) => {
    if (ts.isExportAssignment(statement)) {
      return [{ name: "default", node: statement, isType: false }];
    }
    if (ts.isExportDeclaration(statement)) return reexports(statement);
    return isExported(statement) ? declared(statement) : [];
  });
}

function reexports({ exportClause }: ts.ExportDeclaration): Export[] {
  if (exportClause === undefined || !ts.isNamedExports(exportClause)) return [];
  return exportClause.elements.map((node) => ({ name: node.name.text, node, isType: false }));
}

function isExported(statement: ts.Statement): boolean {
  const modifiers = ts.canHaveModifiers(statement) ? ts.getModifiers(statement) : undefined;
  return modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword) ?? false;
}

function declared(node: ts.Statement): Export[] {
  const isType = ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
  if (ts.isVariableStatement(node)) {
    return node.declarationList.declarations.map((each) => ({
      name: each.name.getText(),
      node: each,
      isType,
    }));
  }
  if (!isType && !ts.isFunctionDeclaration(node) && !ts.isClassDeclaration(node)) return [];
  return [{ name: nameOf(node), node, isType }];
}

function nameOf(node: ts.DeclarationStatement): string {
  const isDefault = ts.canHaveModifiers(node)
    ? ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)
    : false;
  return isDefault ? "default" : (node.name?.getText() ?? "default");
}
