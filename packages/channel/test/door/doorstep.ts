import { once } from 'node:events';
import { connect as connectPlain, type AddressInfo, type Socket } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { ThemisError, type ErrorCode, type Json, type RefusalCode } from '@themis-mesh/core';
import { SwappableCredentials, TestService, type TestLeaf, TestApp, within } from '@themis-mesh/testkit';
import { knock, openDoor, systemClock, type Clock, type Door, type DoorOptions, type KnockOptions } from '../../src/index.ts';

export interface DoorstepOptions extends Partial<Pick<DoorOptions, 'matters' | 'limits'>> {
  readonly clock?: Clock;
}

/** A door on loopback, and all who were turned away from it. */
export class Doorstep implements AsyncDisposable {
  readonly keeper: TestService;
  readonly app: TestApp;
  readonly door: Door;
  readonly address: { readonly host: string; readonly port: number };
  readonly credentials: SwappableCredentials<TestLeaf>;
  readonly turnedAway: RefusalCode[];
  readonly failures: unknown[];

  private constructor(parts: Pick<Doorstep, 'keeper' | 'app' | 'door' | 'address' | 'credentials' | 'turnedAway' | 'failures'>) {
    this.keeper = parts.keeper;
    this.app = parts.app;
    this.door = parts.door;
    this.address = parts.address;
    this.credentials = parts.credentials;
    this.turnedAway = parts.turnedAway;
    this.failures = parts.failures;
  }

  static async open({ matters = ECHO, limits = {}, clock = systemClock }: DoorstepOptions = {}): Promise<Doorstep> {
    const app = await TestApp.found([], clock);
    const keeper = await TestService.create('keeper', Math.floor(clock.now() / 1000));
    const credentials = new SwappableCredentials(await app.leaf(keeper, { membership: false }));
    const turnedAway: RefusalCode[] = [];
    const failures: unknown[] = [];
    const { door, address } = await openDoor({
      ...{ credentials, matters, limits, clock, port: 0 },
      onTurnedAway: ({ refusal }) => turnedAway.push(refusal.code),
      onFailure: (error) => failures.push(error),
    });
    return new Doorstep({ keeper, app, door, address: addressOf(address), credentials, turnedAway, failures });
  }

  knock(options: Partial<KnockOptions> = {}): Promise<Json> {
    const question = { ask: 'echo', body: 'hello', ...options };
    const expect = { id: this.keeper.id };
    return within(knock({ address: this.address, expect, ...question }), 'the answer');
  }

  /** A TCP connection that says nothing by itself. */
  async plain(): Promise<Socket> {
    const socket = connectPlain({ ...this.address });
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    return socket;
  }

  /** The connection of a visitor who believes anybody and has said nothing yet. */
  async secure(over?: Socket): Promise<TLSSocket> {
    const to = over === undefined ? this.address : { socket: over };
    const socket = connect({ ...to, rejectUnauthorized: false, ALPNProtocols: ['themis-door/1'] });
    socket.on('error', () => undefined);
    await within(once(socket, 'secureConnect'), 'the handshake');
    return socket;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await within(this.door[Symbol.asyncDispose](), 'the door to close');
  }
}

/** A matter that gives back what it was asked. */
export const ECHO: DoorOptions['matters'] = { echo: async ({ body }) => ({ given: body }) };

/** For `assert.rejects`: an error of that code, and for that reason where one is given. */
export function failsWith(code: ErrorCode, refusal?: string): (error: unknown) => boolean {
  return (error) => {
    if (!ThemisError.is(error, code)) throw error;
    if (refusal !== undefined && error.refusal?.code !== refusal) throw error;
    return true;
  };
}

/** A message with any bytes as its body. */
export function framed(body: string | Uint8Array, length?: number): Buffer {
  const bytes = Buffer.from(body);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(length ?? bytes.length);
  return Buffer.concat([head, bytes]);
}

function addressOf({ address, port }: AddressInfo): Doorstep['address'] {
  return { host: address, port };
}
