import { ThemisError, type History, type IdentityId, type Refusal } from '@themis-mesh/core';
import type { Clock } from '@themis-mesh/channel';
import type { Directory, RecordVerifier } from '@themis-mesh/directory';
import type { NodeTransport } from '@themis-mesh/directory-http';
import { quickFraction } from '../chance.ts';
import { isNodes, isUrl, NODES_WANTED } from './node-address.ts';
import { NodeLinks } from './node-links.ts';

export interface OpenNodesOptions {
  /** Addresses, asked over the channel, and URLs, asked by plain HTTP. */
  readonly nodes: readonly string[];
  readonly remembered: (id: IdentityId) => History | undefined;
  readonly clock: Clock;
  readonly verifier: RecordVerifier;
  readonly onRefused: (refusal: Refusal) => void;
}

/** The directory that nodes answer for, and the links to them. */
export interface OpenNodes {
  readonly directory: Directory;
  readonly links: NodeLinks;
}

/**
 * Loads the light client, which processes with a folder for a directory do without.
 *
 * @throws ThemisError `THEMIS_CONFIG_INVALID` for what nobody can dial
 */
export async function openNodes({ nodes, remembered, clock, verifier, onRefused }: OpenNodesOptions): Promise<OpenNodes> {
  if (!isNodes(nodes)) throw new ThemisError('THEMIS_CONFIG_INVALID', `nodes, in the home's app.json: ${NODES_WANTED}`);
  const { FetchNodes, HttpDirectory } = await import('@themis-mesh/directory-http');
  const links = new NodeLinks();
  const byUrl = new FetchNodes();
  const transport: NodeTransport = {
    ask: (node, path, body, options) => (isUrl(node) ? byUrl : links).ask(node, path, body, options),
  };
  const directory = new HttpDirectory({
    // What asks it keeps what it found, and asks when a watch tells it to, or when it must know: it wants no cache.
    ...{ nodes, transport, remembered, clock, verifier, chance: quickFraction, freshMs: 0, staleMs: 0 },
    onRefused: (_node, _key, refusal) => onRefused(refusal),
  });
  return { directory, links };
}
