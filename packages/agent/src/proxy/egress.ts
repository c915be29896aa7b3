import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { ThemisError } from '@themis-mesh/core';
import { PlainAgent } from '../http/plain-agent.ts';
import { PlainUpstream } from '../http/plain-upstream.ts';
import type { Upstream } from '../http/upstream.ts';
import { namesAddress, permits, type EgressRule } from './egress-rule.ts';
import { isSpecialAddress } from './special-address.ts';

/** Finds all addresses of a host. */
export type Resolve = (host: string) => Promise<readonly LookupAddress[]>;

const CONNECT_MS = 10_000;

/**
 * The way out of the mesh, as far as a rule allows. A host is resolved once, and what is connected to are the addresses
 * that were judged.
 */
export class Egress {
  readonly #rule: EgressRule;
  readonly #resolve: Resolve;
  readonly #agent = new PlainAgent();

  constructor(rule: EgressRule, resolve: Resolve = resolveBySystem) {
    this.#rule = rule;
    this.#resolve = resolve;
  }

  /** @throws ThemisError THEMIS_EGRESS_DENIED */
  upstream(host: string, port: number): Upstream {
    this.#requirePermitted(host, port);
    const place = { host, port, lookup: this.#lookup(port) };
    const agent = this.#agent;
    return new PlainUpstream({
      place: () => place,
      agent,
      unreachable: 'THEMIS_EGRESS_FAILED',
      brokenOff: 'THEMIS_EGRESS_FAILED',
    });
  }

  /** @throws ThemisError THEMIS_EGRESS_DENIED, THEMIS_EGRESS_FAILED */
  async connect(host: string, port: number): Promise<Socket> {
    this.#requirePermitted(host, port);
    const socket = connect({ host, port, lookup: this.#lookup(port), allowHalfOpen: true, noDelay: true });
    const { promise, resolve, reject } = Promise.withResolvers<Socket>();
    const timer = setTimeout(() => socket.destroy(new Error(`no connection within ${CONNECT_MS} ms`)), CONNECT_MS);
    socket.once('connect', () => {
      resolve(socket);
    });
    socket.on('error', (error) => {
      reject(
        ThemisError.is(error)
          ? error
          : new ThemisError('THEMIS_EGRESS_FAILED', `${host}:${port}: ${error.message}`, { cause: error }),
      );
    });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#agent.destroy();
  }

  #requirePermitted(host: string, port: number): void {
    if (!permits(this.#rule, host, port)) throw denied(host, port);
    // Node looks up names only: a literal address is judged here.
    if (isIP(host) !== 0) this.#requireOrdinary(host, host, port);
  }

  #requireOrdinary(host: string, address: string, port: number): void {
    if (!isSpecialAddress(address) || namesAddress(this.#rule, host, address, port)) return;
    const detail = `${host} is ${address}, of this machine or its link; it is reached only where egress names that very address`;
    throw new ThemisError('THEMIS_EGRESS_DENIED', detail);
  }

  #lookup(port: number): LookupFunction {
    return (host, { all }, callback) => {
      this.#addresses(host, port).then(
        (addresses) => {
          const [first] = addresses;
          if (all === true) callback(null, [...addresses]);
          else callback(null, first?.address ?? '', first?.family);
        },
        (error: unknown) => {
          callback(error as NodeJS.ErrnoException, '');
        },
      );
    };
  }

  /** One special address among several condemns them all: an honest name has none. */
  async #addresses(host: string, port: number): Promise<readonly LookupAddress[]> {
    const addresses = await this.#resolve(host);
    for (const { address } of addresses) this.#requireOrdinary(host, address, port);
    return addresses;
  }
}

function denied(host: string, port: number): ThemisError {
  const where = host.includes(':') ? `[${host}]` : host;
  return new ThemisError(
    'THEMIS_EGRESS_DENIED',
    `${where}:${port}; to allow it: --egress ${where}, or egress: [${where}] in themis.yaml`,
  );
}

function resolveBySystem(host: string): Promise<readonly LookupAddress[]> {
  return new Promise((resolve, reject) => {
    systemLookup(host, { all: true }, (error, addresses) => {
      if (error === null) resolve(addresses);
      else
        reject(
          new ThemisError('THEMIS_EGRESS_FAILED', `${host} cannot be resolved: ${error.code ?? error.message}`, { cause: error }),
        );
    });
  });
}
