import ts from "typescript-api";
import { type Source, walk, where } from "./source.ts";

/** The two tables of lib/base that grow by habit: limits and error codes that nothing uses. */

const limitsFile = /^lib\/base\/([a-z]+)-limits\.ts$/;
const errorsFile = "lib/base/error.ts";

export function deadLimits(product: readonly Source[]): string[] {
  const used = new Set<string>();
  for (const source of product) {
    walk(source.tree, (node) => {
      if (ts.isPropertyAccessExpression(node) && node.expression.getText() === "limits") {
        used.add(node.name.text);
      }
      for (const name of taken(node)) used.add(name);
    });
  }
  const tables = product.filter(({ path }) => limitsFile.test(path));
  if (tables.length === 0) return ["lib/base has no tables of limits"];
  return tables.flatMap(({ path }) => {
    const [, concern] = limitsFile.exec(path) as RegExpExecArray;
    return unused(product, path, `${concern}Limits`, used);
  });
}

/** The names in `const { a, b: c } = limits`. */
function taken(node: ts.Node): string[] {
  if (!ts.isVariableDeclaration(node) || node.initializer?.getText() !== "limits") return [];
  if (!ts.isObjectBindingPattern(node.name)) return [];
  return node.name.elements.map((each) => (each.propertyName ?? each.name).getText());
}

/** A code is used where it stands as a string; its key in the table is none. */
export function deadCodes(product: readonly Source[]): string[] {
  const used = new Set<string>();
  for (const source of product) {
    walk(source.tree, (node) => {
      if (ts.isStringLiteralLike(node) && !ts.isLiteralTypeNode(node.parent)) used.add(node.text);
    });
  }
  return unused(product, errorsFile, "errorCodes", used);
}

function unused(
  product: readonly Source[],
  path: string,
  table: string,
  used: ReadonlySet<string>,
): string[] {
  const source = product.find((each) => each.path === path);
  if (source === undefined) return [`${path} is missing`];
  const faults: string[] = [];
  walk(source.tree, (node) => {
    if (!ts.isPropertyAssignment(node) || !belongsTo(node, table)) return;
    const name = node.name.getText();
    if (!used.has(name))
      faults.push(`${where(source, node)} ${table} has ${name}, which nothing uses`);
  });
  return faults;
}

function belongsTo(node: ts.PropertyAssignment, table: string): boolean {
  let holder: ts.Node = node.parent.parent;
  while (ts.isAsExpression(holder) || ts.isSatisfiesExpression(holder)) holder = holder.parent;
  return ts.isVariableDeclaration(holder) && holder.name.getText() === table;
}
