import type { CreateRuntime } from "../client/options.ts";

/**
 * What the bin hands in: this folder imports no actor, and loads them only when a command runs one.
 */
export interface CliHooks {
  createRuntime(): Promise<CreateRuntime>;
  /** Resolves with the exit code. */
  bench(args: readonly string[]): Promise<number>;
  /** The package's own package.json. */
  manifest: URL;
}

/**
 * Where paths of the command line start. npm runs a script in the package's folder and says in
 * INIT_CWD where the user stood; a folder that something else changed to since is taken as it is.
 */
export function startFolder(env: NodeJS.ProcessEnv, cwd: string): string {
  const { INIT_CWD: stood, npm_package_json: manifest } = env;
  if (stood === undefined || stood === "") return cwd;
  const moved = manifest === undefined || /^(.*)[\\/]/.exec(manifest)?.[1] === cwd;
  return moved ? stood : cwd;
}
