/**
 * The URL of a thread's entry file beside the importing module. Sources run unbuilt as `.ts`; the
 * bundle lays every entry flat beside its chunks as `.js`, so an entry's base name is unique.
 */
export function sibling(importerUrl: string, path: string): URL {
  const unbuilt = importerUrl.endsWith(".ts");
  return new URL(
    unbuilt ? `${path}.ts` : `./${path.slice(path.lastIndexOf("/") + 1)}.js`,
    importerUrl,
  );
}
