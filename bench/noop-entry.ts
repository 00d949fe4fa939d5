/** The job that does nothing, in a thread: of the runtime's pool, or of a bare Piscina. */
export default function noop(): void {}
