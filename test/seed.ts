import fc from "fast-check";

/**
 * Properties play the same turns in every run, so that a change fails for what it did and not by
 * chance; `ERGATE_SEED=7 npm test` plays others, `ERGATE_SEED=random` others each time.
 */
const { ERGATE_SEED: wanted = "1" } = process.env;

if (wanted !== "random") fc.configureGlobal({ seed: Number(wanted) });
