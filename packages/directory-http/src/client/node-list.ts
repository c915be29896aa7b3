/** After the first failure a node comes last for so long; after each further one for twice as long. Milliseconds. */
const FIRST_BAD_MS = 1000;
const LONGEST_BAD_MS = 60_000;

interface Standing {
  failures: number;
  /** Milliseconds since 1970. */
  badUntil: number;
}

/** The nodes there are, and which of them did badly lately. All of them are asked in the end; the bad ones last. */
export class NodeList {
  readonly #standings: ReadonlyMap<string, Standing>;
  readonly #now: () => number;
  readonly #chance: () => number;

  /** @param chance random, 0 to below 1: so that not all clients ask the same node first */
  constructor(nodes: readonly string[], now: () => number, chance: () => number) {
    const ranked = nodes.map((node) => ({ node, rank: chance() })).sort((a, b) => a.rank - b.rank);
    this.#standings = new Map(ranked.map(({ node }) => [node, { failures: 0, badUntil: 0 }]));
    this.#now = now;
    this.#chance = chance;
  }

  get size(): number {
    return this.#standings.size;
  }

  /** In the order in which to ask: those that do well, always in one order, then those that are bad for the shortest. */
  inOrder(): readonly string[] {
    const now = this.#now();
    const badness = ({ badUntil }: Standing): number => (badUntil > now ? badUntil : 0);
    return [...this.#standings].sort(([, a], [, b]) => badness(a) - badness(b)).map(([node]) => node);
  }

  praise(node: string): void {
    const standing = this.#standings.get(node);
    if (standing === undefined) return;
    standing.failures = 0;
    standing.badUntil = 0;
  }

  blame(node: string): void {
    const standing = this.#standings.get(node);
    if (standing === undefined) return;
    const longest = Math.min(LONGEST_BAD_MS, FIRST_BAD_MS * 2 ** standing.failures);
    standing.failures = Math.min(standing.failures + 1, 16);
    standing.badUntil = this.#now() + longest * (0.5 + this.#chance() / 2);
  }
}
