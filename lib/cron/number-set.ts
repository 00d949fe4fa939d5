/**
 * A set of whole numbers from 0 to 59, in two words of 30 bits: 10 000 schedules hold some 70 000
 * of them.
 */
export class NumberSet {
  private low = 0;
  private high = 0;

  add(value: number): void {
    if (value < wordBits) this.low |= 1 << value;
    else this.high |= 1 << (value - wordBits);
  }

  has(value: number): boolean {
    return this.atLeast(value) === value;
  }

  /** The smallest member that is not below `value`; -1 where there is none. */
  atLeast(value: number): number {
    if (value < wordBits) {
      const low = (this.low >> value) << value;
      if (low !== 0) return lowestBit(low);
    }
    const skipped = Math.max(0, value - wordBits);
    const high = skipped < wordBits ? (this.high >> skipped) << skipped : 0;
    return high === 0 ? -1 : wordBits + lowestBit(high);
  }

  /** The smallest member of a set that has one. */
  get first(): number {
    return this.atLeast(0);
  }

  get isEmpty(): boolean {
    return this.low === 0 && this.high === 0;
  }

  /** All members, ascending. */
  values(): number[] {
    const members: number[] = [];
    for (let at = this.first; at >= 0; at = this.atLeast(at + 1)) members.push(at);
    return members;
  }
}

const wordBits = 30;

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
