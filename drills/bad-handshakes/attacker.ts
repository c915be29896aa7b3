import { randomBytes } from 'node:crypto';
import { connect as connectTcp } from 'node:net';
import { connect, type ConnectionOptions } from 'node:tls';
import { secureContextOptions, type Credentials } from '@themis-mesh/channel';
import type { Address } from '@themis-mesh/core';
import { applyLoad } from '../../scripts/measure/index.ts';

// A process of its own: spoils handshakes, as many as it is told, and says what became of them.

export interface AttackOrders {
  readonly address: Address;
  readonly leaves: readonly Credentials[];
  readonly tries: number;
  readonly inFlight: number;
}

export interface AttackReport {
  /** How many were answered with an acceptance, or an HTTP response other than a refusal. */
  readonly taken: number;
  /** How many read why they were refused. */
  readonly told: number;
}

const ACCEPTED = /"accepted"|HTTP\/1\.1 2/;
const REFUSED = /"refused"|HTTP\/1\.1 403/;
/** How long an attacker waits to be put out before it goes. */
const PATIENCE_MS = 2000;

const TLS_1_2: ConnectionOptions = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' };

/** The beginning of a ClientHello that says it is longer. */
const HALF_A_HELLO = Buffer.concat([Buffer.from('160301020001', 'hex'), Buffer.from('0001fc0303', 'hex'), randomBytes(60)]);

process.once('message', (orders: AttackOrders) => {
  void attack(orders).then((report) => {
    process.send?.(report);
    process.disconnect?.();
  });
});

async function attack({ address, leaves, tries, inFlight }: AttackOrders): Promise<AttackReport> {
  const ways = waysOf(address, leaves);
  let next = 0;
  let taken = 0;
  let told = 0;
  await applyLoad({
    inFlight,
    operations: tries,
    run: async () => {
      const way = ways[next++ % ways.length];
      const heard = way === undefined ? '' : await way();
      if (ACCEPTED.test(heard)) taken += 1;
      if (REFUSED.test(heard)) told += 1;
    },
  });
  return { taken, told };
}

/** Each way to spoil a handshake gives what was heard before the end. */
function waysOf(address: Address, leaves: readonly Credentials[]): readonly (() => Promise<string>)[] {
  const tls = (options: ConnectionOptions) => (): Promise<string> => {
    const socket = connect({ ...address, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'], ...options });
    socket.write('GET / HTTP/1.1\r\nhost: payments\r\n\r\n');
    return hear(socket);
  };
  const raw = (bytes: Buffer, then: 'end' | 'reset' | 'wait') => (): Promise<string> => {
    const socket = connectTcp({ ...address });
    socket.write(bytes, () => {
      if (then === 'end') socket.end();
      if (then === 'reset') socket.resetAndDestroy();
    });
    return hear(socket);
  };
  const [leaf] = leaves;
  if (leaf === undefined) throw new TypeError('there are bad leaves');
  return [
    ...leaves.map((bad) => tls(secureContextOptions(bad))),
    ...leaves.map((bad) => tls({ ...secureContextOptions(bad), ALPNProtocols: ['themis-tcp/1'] })),
    tls({ minVersion: 'TLSv1.3' }),
    tls({ ...secureContextOptions(leaf), ...TLS_1_2 }),
    tls({ ...secureContextOptions(leaf), ecdhCurve: 'P-384' }),
    tls({ ...secureContextOptions(leaf), ALPNProtocols: ['h2'] }),
    raw(Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'wait'),
    raw(randomBytes(2000), 'end'),
    raw(HALF_A_HELLO, 'end'),
    raw(HALF_A_HELLO, 'reset'),
    raw(Buffer.alloc(0), 'reset'),
  ];
}

function hear(socket: ReturnType<typeof connectTcp>): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    socket.on('data', (bytes: Buffer) => (heard += bytes.toString('latin1')));
    socket.on('error', () => undefined);
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    socket.once('close', () => {
      resolve(heard);
    });
  });
}
