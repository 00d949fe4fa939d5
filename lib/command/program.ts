import { constants, type Stats } from "node:fs";
import { access, open, stat } from "node:fs/promises";
import { delimiter, resolve } from "node:path";
import { ErgateError, messageOf } from "../base/error.ts";

/** What a start needs to name its fault. */
export interface Start {
  readonly program: string;
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * Why a program can't be started, in words: the system says ENOENT for a folder, a program and a
 * script's interpreter alike. Undefined when nothing is wrong with them.
 */
export async function startFault(start: Start): Promise<ErgateError | undefined> {
  return (await folderFault(start.cwd)) ?? (await programFault(start));
}

/** The system's own error, where the program is not to blame: no memory, too many processes. */
export function systemFault(program: string, error: unknown): ErgateError {
  if (error instanceof ErgateError) return error;
  const message = `${program} could not be started: ${messageOf(error)}`;
  return new ErgateError("ERR_ERGATE_COMMAND_START", message, { cause: error });
}

async function folderFault(cwd: string | undefined): Promise<ErgateError | undefined> {
  if (cwd === undefined) return undefined;
  const found = await statOf(cwd);
  if (found === undefined) return folderError(`cwd ${cwd} is not there`);
  if (!found.isDirectory()) return folderError(`cwd ${cwd} is no folder`);
  return (await mayRun(cwd)) ? undefined : folderError(`cwd ${cwd} may not be entered`);
}

function folderError(message: string): ErgateError {
  return new ErgateError("ERR_ERGATE_COMMAND_FOLDER", message, { path: "cwd" });
}

async function programFault({ program, cwd, env }: Start): Promise<ErgateError | undefined> {
  if (process.platform === "win32") return undefined;
  let fault: ErgateError | undefined;
  for (const path of candidates(program, cwd, env.PATH)) {
    const found = await statOf(path);
    if (found === undefined) continue;
    if (found.isFile() && (await mayRun(path))) return interpreterFault(path, program);
    fault ??= executableError(
      `${path} can't be executed: ${found.isFile() ? "it lacks the permission" : "it is no file"}`,
    );
  }
  return fault ?? notFound(program, env.PATH);
}

function notFound(program: string, path = ""): ErgateError {
  const where = program.includes("/") ? "" : ` in PATH (${path})`;
  return new ErgateError(
    "ERR_ERGATE_COMMAND_NOT_FOUND",
    `program ${program} was not found${where}`,
  );
}

function executableError(message: string): ErgateError {
  return new ErgateError("ERR_ERGATE_COMMAND_NOT_EXECUTABLE", message);
}

/** As the system looks: a name with a slash is a path from the cwd, another one is in PATH. */
function candidates(program: string, cwd = ".", path = "/usr/local/bin:/bin:/usr/bin"): string[] {
  if (program.includes("/")) return [resolve(cwd, program)];
  return path.split(delimiter).map((folder) => resolve(cwd, folder, program));
}

/** Of a script, the program that its first line names. */
async function interpreterFault(path: string, program: string): Promise<ErgateError | undefined> {
  const interpreter = /^#!\s*(\S+)/.exec(await firstLine(path))?.[1];
  if (interpreter === undefined || (await mayRun(interpreter))) return undefined;
  return executableError(
    `${program} can't be executed: its first line names ${interpreter}, which can't be run`,
  );
}

const lineBytes = 256;

async function firstLine(path: string): Promise<string> {
  const file = await open(path).catch(() => undefined);
  if (file === undefined) return "";
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(lineBytes), 0, lineBytes, 0);
    return buffer.toString("utf8", 0, bytesRead).split("\n")[0] as string;
  } finally {
    await file.close();
  }
}

function statOf(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined);
}

function mayRun(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
