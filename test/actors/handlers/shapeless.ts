/** No default export: what a module looks like whose author forgot the word `default`. */
export function handler(): number {
  return 1;
}
