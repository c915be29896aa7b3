import { ThemisError, type History, type IdentityId, type RecordKey, type Refusal } from '@themis-mesh/core';
import { RecordVerifier } from '@themis-mesh/directory';
import { randomBytes } from 'node:crypto';
import { systemClock, type Clock } from '../clock.ts';
import { FetchNodes, isNodeUrl } from './fetch-nodes.ts';
import type { NodeTransport } from './node-transport.ts';

export interface HttpDirectoryOptions {
  /** The nodes, as the transport names them: URLs for the default one. One of them is enough; several are better. At most 64. */
  readonly nodes: readonly string[];
  /** Default: `fetch`, to URLs. */
  readonly transport?: NodeTransport;
  /** The app whose charters, heads, services and instances are believed. Default: those of any. */
  readonly app?: IdentityId | undefined;
  /** The furthest history remembered of an identity. Default: none. */
  readonly remembered?: (id: IdentityId) => History | undefined;
  /** For how long an answer serves again without a question. Milliseconds; default 1000. */
  readonly freshMs?: number;
  /** For how long it serves after that, with its age, while it is asked for anew. Milliseconds; default 30,000. */
  readonly staleMs?: number;
  /** How long one node may take to answer. Milliseconds; default 3000. */
  readonly timeoutMs?: number;
  /** After how long the next node is asked too, while one is silent. Milliseconds; default 250. */
  readonly hedgeMs?: number;
  /** How long a watch waits at a node, at the most. Seconds, 1 to 25; default 25. */
  readonly waitSeconds?: number;
  /** How often a watch asks where no node lets it wait. Milliseconds; default 5000. */
  readonly pollMs?: number;
  /** Hears what a node said that is not believed. */
  readonly onRefused?: (node: string, key: RecordKey, refusal: Refusal) => void;
  /** What records are judged by. Seconds since 1970. Default: of the clock. */
  readonly now?: () => number;
  readonly clock?: Clock;
  /** Shared with who reads the answers, so that nothing is verified twice. Default: one of its own. */
  readonly verifier?: RecordVerifier;
  /** Random, 0 to below 1. */
  readonly chance?: () => number;
}

/** The options with every default in place. */
export type ResolvedHttpOptions = Required<HttpDirectoryOptions>;

/** The most nodes that are asked. */
export const MOST_NODES = 64;

/** @throws ThemisError `THEMIS_CONFIG_INVALID` */
export function readHttpOptions(options: HttpDirectoryOptions): ResolvedHttpOptions {
  const { clock = systemClock, nodes, transport } = options;
  const distinct = [...new Set(nodes)];
  if (distinct.length === 0 || distinct.length > MOST_NODES) throw invalid(`nodes: 1 to ${MOST_NODES}`);
  const wrong = transport === undefined ? distinct.find((node) => !isNodeUrl(node)) : undefined;
  if (wrong !== undefined) throw invalid(`nodes: ${wrong} is no http or https URL without user, query and fragment`);
  const spans = { freshMs: 1000, staleMs: 30_000, timeoutMs: 3000, hedgeMs: 250, waitSeconds: 25, pollMs: 5000 };
  for (const name of NAMES_OF_SPANS) {
    const given = options[name];
    if (given === undefined) continue;
    const [least, most] = RANGES[name];
    if (!Number.isFinite(given) || given < least || given > most) throw invalid(`${name}: from ${least} to ${most}`);
    spans[name] = given;
  }
  return {
    nodes: distinct,
    transport: transport ?? new FetchNodes(),
    app: options.app,
    remembered: options.remembered ?? (() => undefined),
    ...spans,
    onRefused: options.onRefused ?? (() => undefined),
    now: options.now ?? (() => Math.floor(clock.now() / 1000)),
    clock,
    verifier: options.verifier ?? new RecordVerifier(),
    chance: options.chance ?? (() => randomBytes(4).readUInt32BE() / 2 ** 32),
  };
}

const RANGES = {
  freshMs: [0, 600_000],
  staleMs: [0, 600_000],
  timeoutMs: [10, 60_000],
  hedgeMs: [1, 60_000],
  waitSeconds: [1, 25],
  pollMs: [10, 600_000],
} as const;

const NAMES_OF_SPANS = ['freshMs', 'staleMs', 'timeoutMs', 'hedgeMs', 'waitSeconds', 'pollMs'] as const;

function invalid(what: string): ThemisError {
  return new ThemisError('THEMIS_CONFIG_INVALID', what);
}
