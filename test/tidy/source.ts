import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import ts from "typescript-api";

/** The repository's files as syntax trees, each parsed once, or a fixture's made from strings. */
export interface Source {
  /** From the repository's root, such as `lib/base/clock.ts`. */
  path: string;
  text: string;
  tree: ts.SourceFile;
}

/** One import, re-export or `import()` of another file of the repository. */
export interface Edge {
  target: string;
  names: readonly string[] | "all";
  typeOnly: boolean;
  line: number;
}

const root = new URL("../../", import.meta.url);

export function sourcesOf(files: Record<string, string>): Source[] {
  return Object.entries(files).map(([path, text]) => {
    const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
    return { path, text, tree };
  });
}

export function readSources(...folders: string[]): Source[] {
  const files: Record<string, string> = {};
  for (const folder of folders) {
    for (const entry of readdirSync(new URL(folder, root), { recursive: true }) as string[]) {
      const path = posix.join(folder, entry);
      if (path.endsWith(".ts")) files[path] = readFileSync(new URL(path, root), "utf8");
    }
  }
  return sourcesOf(files);
}

export function walk(node: ts.Node, visit: (node: ts.Node) => void): void {
  visit(node);
  ts.forEachChild(node, (child) => walk(child, visit));
}

export function lineOf(source: Source, node: ts.Node): number {
  return source.tree.getLineAndCharacterOfPosition(node.getStart(source.tree)).line + 1;
}

export function where(source: Source, node: ts.Node): string {
  return `${source.path}:${lineOf(source, node)}`;
}

/** The folder of a path below lib, or its top-level folder: `lib/store`, `actors`. */
export function folderOf(path: string): string {
  const parts = path.split("/");
  return parts[0] === "lib" ? `lib/${parts[1]}` : (parts[0] as string);
}

export function edgesOf(source: Source): Edge[] {
  const edges: Edge[] = [];
  walk(source.tree, (node) => {
    const found = importOf(node);
    if (found === undefined || !found.specifier.startsWith(".")) return;
    const target = posix.join(posix.dirname(source.path), found.specifier);
    edges.push({ ...found, target, line: lineOf(source, node) });
  });
  return edges;
}

type Found = Pick<Edge, "names" | "typeOnly"> & { specifier: string };

function importOf(node: ts.Node): Found | undefined {
  if (ts.isImportDeclaration(node)) {
    return found(node.moduleSpecifier, importedNames(node.importClause), isTypeImport(node));
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    return found(node.moduleSpecifier, reexportedNames(node), node.isTypeOnly);
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return found(node.argument.literal, "all", true);
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return found(node.arguments[0], "all", false);
  }
  return undefined;
}

function found(specifier: ts.Node | undefined, names: Edge["names"], typeOnly: boolean) {
  if (specifier === undefined || !ts.isStringLiteralLike(specifier)) return undefined;
  return { specifier: specifier.text, names, typeOnly };
}

function isTypeImport({ importClause }: ts.ImportDeclaration): boolean {
  if (importClause === undefined) return false;
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const named = importClause.namedBindings;
  if (importClause.name !== undefined || named === undefined) return false;
  return ts.isNamedImports(named) && named.elements.every((element) => element.isTypeOnly);
}

function importedNames(clause: ts.ImportClause | undefined): Edge["names"] {
  const names = clause?.name === undefined ? [] : ["default"];
  const named = clause?.namedBindings;
  if (named === undefined) return names;
  if (ts.isNamespaceImport(named)) return "all";
  return [...names, ...named.elements.map((each) => (each.propertyName ?? each.name).text)];
}

function reexportedNames({ exportClause }: ts.ExportDeclaration): Edge["names"] {
  if (exportClause === undefined || ts.isNamespaceExport(exportClause)) return "all";
  return exportClause.elements.map((each) => (each.propertyName ?? each.name).text);
}

/** Fails with every fault on a line of its own: a diff of two arrays leaves most of them out. */
export function none(faults: readonly string[]): void {
  assert.ok(faults.length === 0, `${faults.length} faults\n${faults.join("\n")}`);
}
