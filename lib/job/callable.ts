/**
 * Why a value can't be called as `shape` says; undefined when it can. A class and a generator are
 * functions to JavaScript, but a call of the one throws, and of the other runs nothing.
 */
export function callProblem(value: unknown, shape: string): string | undefined {
  const kind = kindOf(value);
  return kind === undefined ? undefined : `must be a function ${shape}, not ${kind}`;
}

function kindOf(value: unknown): string | undefined {
  if (typeof value === "function") {
    const tag = Object.prototype.toString.call(value);
    if (tag.includes("GeneratorFunction")) return "a generator, whose body no call enters";
    return /^class\b/.test(Function.prototype.toString.call(value)) ? "a class" : undefined;
  }
  if (value === null || value === undefined) return String(value);
  if (value instanceof Promise) return "a promise: await it first";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}
