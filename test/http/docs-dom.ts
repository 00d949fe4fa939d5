/** As much of a document as the page to try the API touches: it makes elements and puts text in. */

type Child = FakeElement | string;

export class FakeElement {
  readonly name: string;
  readonly attributes = new Map<string, string>();
  children: Child[] = [];
  value = "";
  readonly #listeners = new Map<string, (event: object) => unknown>();

  constructor(name: string) {
    this.name = name;
  }

  setAttribute(key: string, value: string): void {
    this.attributes.set(key, value);
  }

  append(...children: Child[]): void {
    this.children.push(...children);
  }

  replaceChildren(...children: Child[]): void {
    this.children = children;
  }

  get textContent(): string {
    return this.children.map((one) => (typeof one === "string" ? one : one.textContent)).join("");
  }

  set textContent(text: string) {
    this.children = [text];
  }

  addEventListener(type: string, listener: (event: object) => unknown): void {
    this.#listeners.set(type, listener);
  }

  /** What a user does; resolves when the page has done what follows. */
  async dispatch(type: string): Promise<void> {
    await this.#listeners.get(type)?.({ preventDefault() {} });
  }

  /** Itself and all below that are of a kind. */
  all(name: string): FakeElement[] {
    const below = this.children.flatMap((one) => (typeof one === "string" ? [] : one.all(name)));
    return this.name === name ? [this, ...below] : below;
  }
}

/** A document with elements by their ids. */
export class FakeDocument {
  readonly #byId = new Map<string, FakeElement>();

  createElement(name: string): FakeElement {
    return new FakeElement(name);
  }

  getElementById(id: string): FakeElement {
    const known = this.#byId.get(id) ?? new FakeElement(id);
    this.#byId.set(id, known);
    return known;
  }
}
