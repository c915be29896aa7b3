import type { Address, IdentityId, RecordKey, SignedRecord } from '@themis-mesh/core';

/** What a process with nodes is told to do, and what it says then. Nodes are numbered from 0 on within their process. */
export interface Commands {
  /** Starts nodes, one after the other. @returns where they are */
  readonly start: {
    readonly told: { readonly count: number; readonly bootstrap: readonly Address[]; readonly host?: string | undefined };
    readonly said: readonly Address[];
  };
  readonly status: { readonly told: null; readonly said: readonly NodeFigures[] };
  readonly store: { readonly told: readonly SignedRecord[]; readonly said: readonly string[] };
  /** Finds without end for so long, one after the other with a pause between: one key by each node, then the next. */
  readonly find: { readonly told: FindOrders; readonly said: readonly Found[] };
  /** As {@link find}, by an instance of a service that has to dial each node that is asked. */
  readonly findCold: { readonly told: FindOrders & { readonly service: string }; readonly said: readonly Found[] };
  /** The names of the instances that each node finds: one list for each. */
  readonly instances: { readonly told: IdentityId; readonly said: readonly (readonly string[])[] };
  /** Has each node watch the instances of a service from now on. */
  readonly watch: { readonly told: IdentityId; readonly said: null };
  /** What the watchers have seen since they were asked last. */
  readonly seen: { readonly told: null; readonly said: readonly Seen[] };
  /** Starts instances of a service that publish through the nodes of the process, all at once. @returns when each began to */
  readonly appear: {
    readonly told: { readonly service: string; readonly instances: readonly string[] };
    readonly said: readonly Begun[];
  };
  /** They stop to listen. @returns when each began to */
  readonly disappear: { readonly told: null; readonly said: readonly Begun[] };
}

export interface NodeFigures {
  readonly neighbours: number;
  readonly tunnels: number;
  readonly records: number;
}

export interface FindOrders {
  readonly keys: readonly RecordKey[];
  readonly seconds: number;
  readonly pauseMs: number;
}

/** One find. Times are of the wall clock, in milliseconds. */
export interface Found {
  readonly at: number;
  readonly took: number;
  /** Which of the keys, and which of the nodes. */
  readonly key: number;
  readonly node: number;
  readonly outcome: 'found' | 'not-found' | 'unavailable';
  /** SHA-256 of what was found, in hexadecimal. */
  readonly digest?: string;
  /** Of a service record: its sequence. */
  readonly sequence?: number;
}

export interface Begun {
  readonly instance: string;
  readonly at: number;
}

/** What one watcher saw of an instance. */
export interface Seen extends Begun {
  readonly node: number;
  /** Whether it listens anywhere. */
  readonly isThere: boolean;
}

export type Told<K extends keyof Commands> = Commands[K]['told'];
export type Said<K extends keyof Commands> = Commands[K]['said'];

/** What goes to the process, and what comes back. */
export interface Order<K extends keyof Commands = keyof Commands> {
  readonly id: number;
  readonly command: K;
  readonly told: Told<K>;
}

export interface Report {
  readonly id: number;
  readonly said?: unknown;
  readonly error?: string;
}
