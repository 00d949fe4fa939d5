/** The thread's module: its default export gets the arguments. Counts the primes below `limit`. */
export default function countPrimes({ limit }: { limit: number }): { count: number } {
  const composite = new Uint8Array(limit);
  let count = 0;
  for (let number = 2; number < limit; number++) {
    if (composite[number] === 1) continue;
    count++;
    for (let multiple = number * number; multiple < limit; multiple += number) {
      composite[multiple] = 1;
    }
  }
  return { count };
}
