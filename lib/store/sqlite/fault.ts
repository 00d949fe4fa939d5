import { ErgateError } from "../../base/error.ts";
import { storageFault } from "../../base/storage-fault.ts";

/** Anything that the driver threw, as an ErgateError with the code that a user can act on. */
export function storeFault(error: unknown): ErgateError {
  if (error instanceof ErgateError) return error;
  if (error instanceof Error) return storageFault(error);
  const { code, message } = error as { code?: string; message?: string };
  return storageFault({
    ...(code === undefined ? {} : { code }),
    message: message ?? String(error),
  });
}
