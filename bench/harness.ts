import { median, rounded, type Spread, spreadOf } from "./figures.ts";

/**
 * What a benchmark is: sides that are measured, each in a process of its own, and rows that compare
 * them. A figure alone says little about a machine that others use too; so each row is a ratio
 * against a limit measured in the same run, round by round in turn with it.
 */
export interface Benchmark<Input> {
  readonly name: string;
  /** Asked of this machine; its rows are the answer. */
  readonly question: string;
  readonly sides: Readonly<Record<string, Side<Input>>>;
  /** Flags of the sides' processes. */
  readonly execArgv?: readonly string[];
  run(bench: Bench<Input>): Promise<Row[]>;
}

/** One measurement: runs alone in a fresh process, in an empty folder on disk. */
export type Side<Input> = (input: Input, folder: string) => Figures | Promise<Figures>;

/** What a side measured, by name. */
export type Figures = Readonly<Record<string, number>>;

export type Scale = "full" | "quick" | "smoke";

export const roundsOf: Readonly<Record<Scale, number>> = { full: 5, quick: 3, smoke: 1 };

/** What a benchmark measures with. */
export interface Bench<Input> {
  readonly scale: Scale;
  /** A size by scale. */
  size(full: number, quick: number, smoke: number): number;
  /** Measures one side in a fresh process. */
  fresh(side: string, input: Input): Promise<Figures>;
  /** Measures sides in turn, as many rounds as the scale has: each one's figures by round. */
  interleave<const T extends readonly (readonly [side: string, input: Input])[]>(
    sides: T,
  ): Promise<{ -readonly [K in keyof T]: Figures[] }>;
}

export type Settings = Readonly<Record<string, string | number>>;

/** One line of the table, and one object of the JSON. */
export interface Row {
  name: string;
  settings: Settings;
  value: number;
  unit: string;
  /** What bounds the value on this machine; null where nothing was measured beside it. */
  limit: number | null;
  /** value / limit. */
  ratio: number | null;
  reach: number | null;
  /** Null where no reach is set, and in a smoke: its sizes are too small to judge. */
  met: boolean | null;
  /** Which side of the reach is good, and what of the row it speaks of. */
  direction: "at least" | "at most" | null;
  of: "ratio" | "value";
  /** What the limit is. */
  against: string;
  rounds: number;
  /** Of the ratios by round. */
  spread: Spread;
}

/** What a row is made of: samples by round, and what is to be reached. */
export interface Comparison {
  name: string;
  settings: Settings;
  unit: string;
  against: string;
  value: readonly number[];
  limit: readonly number[];
  /** The ratio must be this at least … */
  least?: number;
  /** … or at most. */
  most?: number;
}

/** Medians over the rounds, and the spread of the ratios between the neighbours of a round. */
export function compare(scale: Scale, comparison: Comparison): Row {
  const { name, settings, unit, against, value, limit, least, most } = comparison;
  const ratios = value.map((each, round) => each / (limit[round] ?? Number.NaN));
  const ratio = median(value) / median(limit);
  const reach = least ?? most ?? null;
  const { min, max } = spreadOf(ratios);
  return {
    name,
    settings,
    value: rounded(median(value)),
    unit,
    limit: rounded(median(limit)),
    ratio: rounded(ratio),
    reach,
    met: reach === null || scale === "smoke" ? null : isMet(ratio, least, most),
    direction: reach === null ? null : least === undefined ? "at most" : "at least",
    of: "ratio",
    against,
    rounds: value.length,
    spread: { min: rounded(min), max: rounded(max) },
  };
}

function isMet(ratio: number, least = Number.NEGATIVE_INFINITY, most = Number.POSITIVE_INFINITY) {
  return ratio >= least && ratio <= most;
}

/** One figure of a side by round. */
export function column(rounds: readonly Figures[], name: string): number[] {
  return rounds.map((figures) => {
    const value = figures[name];
    if (value === undefined) throw new Error(`a side gave no figure "${name}"`);
    return value;
  });
}

/** `run` measures one side once. */
export function createBench<Input>(
  scale: Scale,
  run: (side: string, input: Input) => Promise<Figures>,
  told: (text: string) => void,
): Bench<Input> {
  return {
    scale,
    size: (full, quick, smoke) => ({ full, quick, smoke })[scale],
    fresh: run,
    async interleave(sides) {
      const figures: Figures[][] = sides.map(() => []);
      for (let round = 1; round <= roundsOf[scale]; round++) {
        told(`round ${round} of ${roundsOf[scale]}`);
        for (const [at, [side, input]] of sides.entries()) {
          figures[at]?.push(await run(side, input));
        }
      }
      return figures as { -readonly [K in keyof typeof sides]: Figures[] };
    },
  };
}
