import { randomBytes } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Tunnel } from '@themis-mesh/channel';
import { MAX_MESSAGE_BYTES, MessageCutter, decodeAnswer, encodeRequest, prefixed } from '@themis-mesh/directory-kad';
import type { Address } from '@themis-mesh/core';
import { MemberRecords } from './member-records.ts';
import { exchange, RawClient } from './raw-client.ts';

// A process of its own: a member that floods a node. It signs beforehand, says `ready`, and floods when it is told to.

export interface FloodOrders {
  readonly home: string;
  readonly service: string;
  readonly address: Address;
  readonly stores: number;
  /** The sequence of the first: none that was used before. */
  readonly first: number;
  readonly malformed: number;
  /** Messages a second. */
  readonly rate: number;
  /** Where what is signed beforehand is kept. */
  readonly file: string;
}

export interface FloodReport {
  /** How often each was said: `stored`, `unchanged`, the code of a refusal, `none` where the stream was ended. */
  readonly said: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly dials: number;
}

/** Milliseconds that one signature takes on a busy machine, at most: what is signed for later is dated later. */
const SIGNING_MS = 0.5;
const AT_ONCE = 512;
/** Every so manieth record is one of an instance, of which each has some KiB. */
const INSTANCE_EVERY = 4;

process.once('message', (orders: FloodOrders) => void run(orders));

async function run(orders: FloodOrders): Promise<void> {
  const begin = Math.ceil(Date.now() / 1000 + 2 + (orders.stores * SIGNING_MS) / 1000);
  await signAll(orders, begin);
  await delay(begin * 1000 - Date.now());
  process.send?.('ready');
  await once(process, 'message');
  const flood = new Flood(orders);
  process.send?.(await flood.run());
  process.disconnect?.();
}

/** @param begin when the first will be sent, in seconds since 1970 */
async function signAll({ home, service, stores, first, rate, file }: FloodOrders, begin: number): Promise<void> {
  const records = await MemberRecords.open(home, service, Math.floor(Date.now() / 1000));
  const out = createWriteStream(file, { mode: 0o600 });
  for (let at = 0; at < stores; at += 1) {
    const [sequence, iat] = [first + at, begin + Math.floor(at / rate)];
    const record = await (at % INSTANCE_EVERY === 0 ? records.instance(sequence, iat) : records.service(sequence, iat));
    if (!out.write(prefixed(encodeRequest({ kind: 'store', record })))) await once(out, 'drain');
  }
  out.end();
  await once(out, 'close');
}

class Flood {
  readonly #orders: FloodOrders;
  readonly #said = new Map<string, number>();
  #client: RawClient | undefined;
  #tunnel: Tunnel | undefined;
  #dials = 0;
  #sent = 0;
  #underWay = 0;

  constructor(orders: FloodOrders) {
    this.#orders = orders;
  }

  async run(): Promise<FloodReport> {
    const { home, service, file, malformed } = this.#orders;
    this.#client = await RawClient.join(home, service);
    const begun = performance.now();
    const cutter = new MessageCutter();
    for await (const chunk of createReadStream(file, { highWaterMark: 262_144 })) {
      const cut = cutter.push(chunk as Buffer);
      if (!cut.ok) throw new TypeError(cut.refusal.detail);
      for (const message of cut.value) await this.#sendInTime(prefixed(message), begun);
    }
    for (let at = 0; at < malformed; at += 1) await this.#sendInTime(malformedBytes(at), begun);
    while (this.#underWay > 0) await delay(10);
    const seconds = (performance.now() - begun) / 1000;
    await this.#client[Symbol.asyncDispose]();
    return { said: Object.fromEntries(this.#said), seconds, dials: this.#dials };
  }

  async #sendInTime(bytes: Buffer, begun: number): Promise<void> {
    while (this.#sent > ((performance.now() - begun) / 1000) * this.#orders.rate || this.#underWay >= AT_ONCE) await delay(2);
    this.#sent += 1;
    const tunnel = await this.#openTunnel();
    if (tunnel === undefined) {
      this.#count('no connection');
      return;
    }
    this.#underWay += 1;
    void exchange(tunnel, bytes).then((said) => {
      this.#underWay -= 1;
      const answer = said === undefined ? undefined : decodeAnswer(said);
      if (answer === undefined) this.#count('none');
      else if (!answer.ok) this.#count('malformed answer');
      else if (answer.value.kind === 'refused') this.#count(answer.value.refusal.code);
      else this.#count(answer.value.kind);
    });
  }

  async #openTunnel(): Promise<Tunnel | undefined> {
    for (let wait = 0; this.#tunnel?.state === 'open' && wait < 1000; wait += 1) {
      if (this.#tunnel.hasRoom) return this.#tunnel;
      await delay(1);
    }
    this.#dials += 1;
    this.#tunnel = await this.#client?.dial(this.#orders.address).catch(() => undefined);
    if (this.#tunnel === undefined) await delay(50);
    return this.#tunnel;
  }

  #count(what: string): void {
    this.#said.set(what, (this.#said.get(what) ?? 0) + 1);
  }
}

/** Ways to say what is no request. */
function malformedBytes(at: number): Buffer {
  const noise = randomBytes(40 + (at % 200));
  switch (at % 6) {
    case 0:
      return prefixed(noise);
    case 1: {
      // A length beyond the bound.
      const head = Buffer.alloc(4);
      head.writeUInt32BE(MAX_MESSAGE_BYTES + 1 + at);
      return head;
    }
    case 2:
      // An end within a message.
      return prefixed(noise).subarray(0, 20);
    case 3:
      // The type of a request, with nothing of it.
      return prefixed(Buffer.of(1, 1 + (at % 5)));
    case 4:
      // A request with more behind it.
      return prefixed(Buffer.concat([encodeRequest({ kind: 'ping' }), noise]));
    default:
      return prefixed(Buffer.concat([Buffer.of(1, 4, 0), noise]));
  }
}
