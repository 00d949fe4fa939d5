import { z } from "zod";

export const args = z.object({ at: z.coerce.date() });

export default (value: { at: Date }) => value.at instanceof Date;
