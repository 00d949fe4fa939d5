import { limits } from "../../base/limits.ts";

/**
 * Many alike objects as columns, for a port. There and back through one, 512 claimed jobs took
 * 1.3 µs a job as objects, 0.50 as one flat array of their values (0.40 of it the port's own work)
 * and 0.36 so (0.04); settlements 1.2 and 0.24. An array made by `new Array(n)` is one with holes,
 * whose clone takes three times as long.
 */
export interface Packed {
  count: number;
  columns: Column[];
}

/** A value that all have, told once; numbers; texts, joined; or the values as they are. */
type Column = { all: unknown } | Float64Array | { text: string; ends: Uint32Array } | unknown[];

/** The columns of one kind of object: how each is read, and how an object is made of them. */
export interface Table<T> {
  readonly fields: readonly ((item: T) => unknown)[];
  readonly make: (values: Values<T>, at: number) => T;
  readonly names: readonly (keyof T)[];
}

/** By field: its value in each object. */
export type Values<T> = { readonly [K in keyof Required<T>]: ArrayLike<T[K]> };

/**
 * Both list every field, optional ones too: the compiler says which one was forgotten. `make` is a
 * literal, since setting fields by their names took four times as long.
 */
export function table<T>(
  fields: { readonly [K in keyof Required<T>]: (item: T) => T[K] },
  make: (values: Values<T>, at: number) => { [K in keyof Required<T>]: T[K] },
): Table<T> {
  const names = Object.keys(fields) as (keyof T)[];
  return { fields: names.map((name) => fields[name]), make, names };
}

export function pack<T>(items: readonly T[], { fields }: Table<T>): Packed {
  return { count: items.length, columns: fields.map((field) => columnOf(items, field)) };
}

export function unpack<T>({ count, columns }: Packed, { names, make }: Table<T>): T[] {
  const lists = columns.map((column) => listOf(column, count));
  const values = Object.fromEntries(names.map((name, at) => [name, lists[at]])) as Values<T>;
  const items: T[] = [];
  for (let at = 0; at < count; at++) items.push(make(values, at));
  return items;
}

function columnOf<T>(items: readonly T[], field: (item: T) => unknown): Column {
  const [first] = items;
  const all = first === undefined ? undefined : field(first);
  if (items.every((item) => field(item) === all)) return { all };
  const values = items.map(field);
  if (typeof all === "number") return numbersOf(values) ?? values;
  if (typeof all === "string") return textsOf(values) ?? values;
  return values;
}

function numbersOf(values: readonly unknown[]): Column | undefined {
  const numbers = new Float64Array(values.length);
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    if (typeof value !== "number") return undefined;
    numbers[at] = value;
  }
  return numbers;
}

/** Long texts stay apart: a part of a joined one keeps the whole of it in memory. */
function textsOf(values: readonly unknown[]): Column | undefined {
  const ends = new Uint32Array(values.length);
  let end = 0;
  for (let at = 0; at < values.length; at++) {
    const value = values[at];
    if (typeof value !== "string") return undefined;
    end += value.length;
    ends[at] = end;
  }
  if (end > values.length * limits.storeJoinedChars) return undefined;
  return { text: values.join(""), ends };
}

function listOf(column: Column, count: number): ArrayLike<unknown> {
  if (Array.isArray(column) || column instanceof Float64Array) return column;
  if ("all" in column) return new Array(count).fill(column.all);
  const { text, ends } = column;
  const texts: string[] = [];
  let from = 0;
  for (let at = 0; at < count; at++) {
    const until = ends[at] as number;
    texts.push(text.slice(from, until));
    from = until;
  }
  return texts;
}
