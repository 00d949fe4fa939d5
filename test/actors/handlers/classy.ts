/** A class, which can't be called. */
export default class Handler {
  run(): number {
    return 1;
  }
}
