import type { AskOptions, NodeAnswer, NodeTransport } from '@themis-mesh/directory-http';
import { ThemisError, type Address } from '@themis-mesh/core';
import { Tunnel, type Authorizer, type Channel, type Clock } from '@themis-mesh/channel';
import type { Meeting } from '../find/dialer.ts';
import { unlessAborted } from '../find/unless-aborted.ts';
import { callOverTunnel } from '../http/client/tunnel-exchange.ts';
import type { MeshRequest, MeshResponse } from '../http/message.ts';
import { tunnelHead } from '../http/wire/tunnel-head.ts';
import { parseNodeAddress } from './node-address.ts';

/** What links to nodes are made of. */
export interface NodeNetwork {
  /** Opens a channel. @throws ThemisError as `Mesh.dial` does */
  readonly meet: (meeting: Meeting) => Promise<Channel>;
  /** Who may be at a node's address. */
  readonly expect: Authorizer;
  readonly clock: Clock;
}

/**
 * Nodes by address, asked over the channel: one tunnel to each, which is kept while it is good.
 *
 * It is made before there are channels, because what a process believes comes out of its directory, and its channels out of
 * what it believes. Until the network is there every question fails, and what was seen before serves.
 */
export class NodeLinks implements NodeTransport, Disposable {
  #network: NodeNetwork | undefined;
  readonly #tunnels = new Map<string, Promise<Tunnel>>();

  attach(network: NodeNetwork): void {
    this.#network = network;
  }

  async ask(node: string, path: string, body: Uint8Array, { signal, mostBytes }: AskOptions): Promise<NodeAnswer> {
    const tunnel = await unlessAborted(this.#tunnelTo(node), signal);
    const { peer } = tunnel.channel;
    // Members alone are expected there, and they have names.
    if (peer.name === undefined) throw unavailable(`${node}: ${peer.id} has no name`);
    const request: MeshRequest = {
      ...{ service: peer.name, method: 'POST', path, headers: FIELDS, signal },
      body: Buffer.from(body.buffer, body.byteOffset, body.length),
    };
    const response = await callOverTunnel(tunnel, request, tunnelHead(request), { ended: undefined });
    return { status: response.status, body: await collect(response, node, mostBytes) };
  }

  /** Closes the links, with whatever waits at a node. No question is asked any more. */
  [Symbol.dispose](): void {
    this.#network = undefined;
    for (const link of this.#tunnels.values()) {
      link.then(
        ({ channel }) => channel.cut(),
        () => undefined,
      );
    }
    this.#tunnels.clear();
  }

  async #tunnelTo(node: string): Promise<Tunnel> {
    const known = this.#tunnels.get(node);
    if (known !== undefined) {
      const tunnel = await known;
      if (tunnel.hasRoom) return tunnel;
      if (this.#tunnels.get(node) === known) this.#tunnels.delete(node);
      return this.#tunnelTo(node);
    }
    const link = this.#open(node, addressOf(node));
    this.#tunnels.set(node, link);
    link.catch(() => {
      if (this.#tunnels.get(node) === link) this.#tunnels.delete(node);
    });
    return link;
  }

  async #open(node: string, address: Address): Promise<Tunnel> {
    const network = this.#network;
    if (network === undefined) throw unavailable(`${node}: there are no channels yet, or none any more`);
    const { meet, expect, clock } = network;
    const channel = await meet({ address, protocol: 'themis/1', expect });
    const tunnel = new Tunnel({ channel, clock });
    await new Promise<void>((resolve) => {
      tunnel.onChange(() => {
        if (tunnel.hasRoom || tunnel.state !== 'open') resolve();
      });
    });
    if (this.#network === undefined) channel.cut();
    if (tunnel.hasRoom) return tunnel;
    throw unavailable(`${node}: it closed the connection`);
  }
}

const FIELDS: readonly string[] = ['content-type', 'application/json', 'accept', 'application/json'];

function addressOf(node: string): Address {
  const address = parseNodeAddress(node);
  if (address === undefined) throw new ThemisError('THEMIS_CONFIG_INVALID', `nodes: ${node} is no address`);
  return address;
}

function collect(response: MeshResponse, node: string, mostBytes: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let length = 0;
    response.read({
      onData(bytes) {
        length += bytes.length;
        if (length > mostBytes) {
          response.discard();
          reject(unavailable(`${node}: an answer of more than ${mostBytes} bytes`));
          return;
        }
        pieces.push(bytes);
        response.consumed(bytes.length);
      },
      onEnd: () => resolve(Buffer.concat(pieces, length)),
      onFail: reject,
    });
  });
}

function unavailable(what: string): ThemisError {
  return new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', what);
}
