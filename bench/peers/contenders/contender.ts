import type { Certificates } from '../ground/certificates.ts';
import type { Origin } from '../ground/origin.ts';
import type { Programs } from '../install/programs.ts';

/** What two proxies carry between them: bytes of which they know nothing, or requests that they read and judge. */
export type Carries = 'tcp' | 'http';

/** What all contenders stand on. */
export interface Stage {
  /** For files of the run. */
  readonly folder: string;
  readonly origin: Origin;
  readonly certificates: Certificates;
  readonly programs: Programs;
}

/** A way from the load to the origin. */
export interface Contender {
  readonly name: string;
  readonly kind: 'direct' | 'native' | 'ours';
  /** The direct way counts for both. */
  readonly carries: readonly Carries[];
  /** What a reader should know when comparing it. */
  readonly notes: readonly string[];
  /** @throws Error why it cannot be measured here */
  readonly start: (stage: Stage) => Promise<Pair>;
}

/** A started contender. */
export interface Pair {
  readonly entry: Entry;
  /** The processes of each side whose CPU time and memory count. */
  readonly client: () => readonly number[];
  readonly server: () => readonly number[];
  /** Where its server side listens for mutual TLS; none on the direct way. */
  readonly tlsPort: number | undefined;
  readonly stop: () => Promise<void>;
}

/** Where the load knocks, on loopback. */
export interface Entry {
  readonly port: number;
  /** Before the path in the request line: an explicit proxy wants the whole URL. */
  readonly prefix: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Where requests are sent to as they are. */
export function plainEntry(port: number): Entry {
  return { port, prefix: '', headers: { host: 'origin' } };
}
