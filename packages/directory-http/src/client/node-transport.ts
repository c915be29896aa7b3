/** How questions reach a node. What it brings back is believed nothing. */
export interface NodeTransport {
  /**
   * Posts a body to one of the nodes.
   *
   * @param node as the list of nodes names it
   * @throws ThemisError where no answer came, of whatever status
   */
  ask(node: string, path: string, body: Uint8Array, options: AskOptions): Promise<NodeAnswer>;
}

export interface AskOptions {
  readonly signal: AbortSignal;
  /** Milliseconds. The caller aborts the signal then; it is told so that a node need not work for nobody. */
  readonly timeout: number;
  /** The most bytes of the answer's body: one with more is a failure, and the rest of it is not read. */
  readonly mostBytes: number;
}

export interface NodeAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}
