import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname, join } from "node:path";

/**
 * A machine as bare as a user's may be: one Node, one npm, a shell and git, in a PATH of their own.
 * No Python, no make, no compiler, and no `nodedir` that would spare npm from looking for headers.
 */
export interface Machine {
  readonly node: string;
  /** Runs a program of this machine's PATH or an absolute one; fails the test unless `status` is met. */
  run(folder: string, program: string, args: readonly string[], status?: number): Run;
}

export interface Run {
  stdout: string;
  stderr: string;
}

const programs = ["sh", "env", "uname", "sed", "dirname", "readlink", "git", "tar", "gzip"];
const compilers = ["python", "python3", "make", "cc", "gcc", "g++", "c++", "clang"];

/** Settings of npm and of compilers must not reach it from the shell that runs the test. */
const inherited = /^(npm_|NODE_|INIT_CWD$|HOME$|PATH$|PYTHON$|CC$|CXX$)/i;

export function bareMachine(folder: string, node: string, npmCli: string): Machine {
  const path = join(folder, "bin");
  const home = join(folder, "home");
  for (const made of [path, home]) mkdirSync(made, { recursive: true });
  for (const name of programs) symlinkSync(locate(name), join(path, name));
  symlinkSync(node, join(path, "node"));
  symlinkSync(npmCli, join(path, "npm"));
  writeFileSync(join(home, ".npmrc"), registrySettings());
  const own = Object.entries(process.env).filter(([name]) => !inherited.test(name));
  const env = {
    ...Object.fromEntries(own),
    ...certificates(),
    PATH: path,
    HOME: home,
    npm_config_update_notifier: "false",
  };
  for (const name of compilers) {
    if (existsSync(join(path, name))) throw new Error(`${name} is on the bare machine`);
  }
  return { node, run: (cwd, program, args, status) => run(cwd, program, args, { env, status }) };
}

/** The npm that runs this test, else the one of the shell. */
export function ownNpm(): string {
  return process.env.npm_execpath ?? locate("npm");
}

/** Installs a package in a folder with the settings of the shell that runs the test. */
export function fetchPackage(folder: string, spec: string): string {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), '{ "private": true }');
  run(folder, process.execPath, [ownNpm(), "install", "--no-audit", "--ignore-scripts", spec]);
  return join(folder, "node_modules", spec.slice(0, spec.lastIndexOf("@")));
}

export function run(
  cwd: string,
  program: string,
  args: readonly string[],
  { env = process.env, status = 0 }: { env?: NodeJS.ProcessEnv; status?: number | undefined } = {},
): Run {
  const done: SpawnSyncReturns<string> = spawnSync(program, args, { cwd, env, encoding: "utf8" });
  if (done.status === status) return done;
  const end = done.error?.message ?? `exit ${done.status ?? done.signal}, not ${status}`;
  throw new Error(`${program} ${args.join(" ")}: ${end}\n${done.stdout}\n${done.stderr}`);
}

function locate(name: string): string {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const path = join(folder, name);
    if (existsSync(path)) return realpathSync(path);
  }
  throw new Error(`${name} is not installed here`);
}

/** Which registry to ask is a matter of the place; where Node's headers lie would be a help. */
function registrySettings(): string {
  const files = ["userconfig", "globalconfig"].map((key) => {
    const { stdout } = run(dirname(process.execPath), process.execPath, [
      ownNpm(),
      "config",
      "get",
      key,
    ]);
    return existsSync(stdout.trim()) ? readFileSync(stdout.trim(), "utf8") : "";
  });
  const lines = files.join("\n").split("\n");
  return lines.filter((line) => !/^\s*(nodedir|python|prefix)\s*=/.test(line)).join("\n");
}

function certificates(): NodeJS.ProcessEnv {
  const file = process.env.NODE_EXTRA_CA_CERTS;
  return file === undefined ? {} : { NODE_EXTRA_CA_CERTS: file };
}
