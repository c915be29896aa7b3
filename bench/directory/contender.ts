/** Nodes of one kind in this process, and values that any of them can write and find. */
export interface Network extends AsyncDisposable {
  /** Writes the next version of a value, by way of a node. @throws where it is not kept */
  put(node: number, value: number): Promise<void>;
  /** Finds the newest version of a value, by way of a node. @throws where what is found is another, or nothing */
  get(node: number, value: number): Promise<void>;
}

/** A contender is one file below `contenders/` that exports this. */
export interface ContenderModule {
  readonly start: (nodes: number) => Promise<Network>;
}

/** How many values there are. */
export const VALUES = 16;

/** About as many bytes as a service record has. */
export const VALUE_BYTES = 700;
