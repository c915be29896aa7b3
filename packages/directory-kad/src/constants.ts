/**
 * The numbers of the network, argued in docs/adr/0018-constants-of-the-network.md. Of each other they ask:
 * `readAgree + writeAcks > replicas`, so that what was stored is seen by whoever reads; `parallel >= paths`.
 */
export const KAD = {
  /** k: how many nodes keep a record. With a third of all nodes dead at once, all 8 are with a chance of 1 in 6,561. */
  replicas: 8,
  /** w: how many of those acknowledge before a store says that it is stored. */
  writeAcks: 6,
  /**
   * r: how many that agree end a find early. Any 3 of 8 hold at least one of the 6 that acknowledged; two more, so that three who
   * conspire to show what was replaced do not outvote them.
   */
  readAgree: 5,
  /** alpha: requests of one lookup that are under way, besides those that are slow. */
  parallel: 4,
  /** d: paths of one lookup that share no node. */
  paths: 4,
  /** Contacts in a bucket. More than k: a network of some dozens is then known whole, and found in one step. */
  bucket: 16,
  /** Contacts that wait for room in a bucket. */
  spares: 8,
  /** The longest time to an answer where nothing is known of a peer: a handshake and a request across the world. */
  firstTimeoutMs: 2_000,
  /** The least and the most that a peer's own times make of it. A busy process pauses for 100 ms now and then. */
  leastTimeoutMs: 500,
  mostTimeoutMs: 4_000,
  /** A request that takes longer than that counts as slow, and lets another begin: at least. */
  leastSlowMs: 50,
  /** A contact that failed is asked again after that, and is out at the second failure. */
  suspectProbeMs: 500,
  /** Failures in a row that put a contact out. */
  failures: 2,
  /** A contact not heard of for so long is asked whether it is there. */
  quietMs: 5_000,
  /** The pace of those questions in a large table, which is then gone through more slowly: one in so many milliseconds. */
  probePaceMs: 100,
  /** How many lost contacts are asked in a second whether they are back, and for how long: a network that was divided heals. */
  lostProbes: 4,
  lostMs: 3_600_000,
  /** How often a bucket in which nothing was sought is looked up anew. */
  refreshMs: 300_000,
  /** How often storers send lasting records, which nobody stored meanwhile, to whoever should have them. */
  republishMs: 600_000,
  /** How long a set of storers that a lookup found serves the next store at that place. */
  storersMs: 30_000,
  /** How many storers are asked to tell of changes. Any 3 of 8 hold one that hears of each store. */
  watchers: 3,
  /** The longest lease of a watch. */
  leaseSeconds: 120,
  /** How often a watcher looks without having been told. */
  pollMs: 20_000,
  /** The most instances in one answer, and the most bytes of records. */
  sampleRecords: 128,
  sampleBytes: 786_432,
} as const;

/** What one node takes from others. */
export const NODE_LIMITS = {
  /** All records, in bytes. */
  totalBytes: 67_108_864,
  /** Instances of one service. */
  instances: 4_096,
  /** Records of others that one peer has put here last: their number, and their bytes. */
  peerRecords: 8_192,
  peerBytes: 33_554_432,
  /** Watches of one peer, and of all. */
  peerWatches: 1_024,
  watches: 16_384,
  /** What a peer may ask in a second, and at once after a quiet time. One request is 1; a STORE, which costs signatures, 4. */
  peerTokens: 4_000,
  peerBurst: 8_000,
} as const;

export type NodeLimits = { readonly [K in keyof typeof NODE_LIMITS]: number };
