/** Takes a body while it comes. */
export interface BodyReader {
  onData(bytes: Buffer): void;
  onEnd(trailers: string[]): void;
  onFail(error: Error): void;
}

/** Where a body comes from. */
export interface BodySource {
  /** Fields that came after it. */
  readonly rawTrailers: string[];
  /** Gives what has come, and what will, to a reader. Each piece is to be confirmed by {@link consumed}. */
  read(reader: BodyReader): void;
  /** Says that bytes were passed on: as many may come again. */
  consumed(bytes: number): void;
  /** Lets go of it, read or not. */
  discard(): void;
}
