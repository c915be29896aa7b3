import { createPublicKey, diffieHellman, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Address } from '@themis-mesh/core';
import { within } from '@themis-mesh/testkit';
import { finishedData, Protection, RECORD, recordHead, scheduleKeys, sha256 } from './tls-keys.ts';

/** What a client of TLS 1.3 says when it is asked for its certificate. Everything may be wrong. */
export interface Proof {
  /** As they are put on the wire, whatever they are. */
  readonly certificates: readonly Uint8Array[];
  /** Signs the handshake; undefined leaves CertificateVerify out. */
  readonly key: KeyObject | undefined;
  /** Changes what was signed. */
  readonly changeSignature?: (signature: Buffer) => Buffer;
  /** The signature scheme that CertificateVerify names. Default ecdsa_secp256r1_sha256. */
  readonly scheme?: number;
  /** Changes the last word of the handshake; undefined leaves it out. */
  readonly changeFinished?: ((data: Buffer) => Buffer) | undefined;
  /** What follows in the same flight, protected as application data. */
  readonly request: string;
}

const MESSAGE = { clientHello: 1, serverHello: 2, certificate: 11, certificateVerify: 15, finished: 20 } as const;
const ECDSA_SECP256R1_SHA256 = 0x0403;
const X25519_SPKI = Buffer.from('302a300506032b656e032100', 'hex');

/**
 * A client of TLS 1.3 put together by hand (RFC 8446), for what no library sends: certificates that are not DER, and proofs
 * that prove nothing. X25519 and TLS_AES_128_GCM_SHA256 only; it checks nothing of the server.
 *
 * @returns what the server said in the end: application data as text, or the number of its alert
 */
export async function proveByHand(to: Address, protocol: string, proof: Proof): Promise<string> {
  const socket = connect({ ...to, noDelay: true });
  const records = new Records(socket);
  try {
    const { privateKey, publicKey } = generateKeyPairSync('x25519');
    const share = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
    const hello = message(MESSAGE.clientHello, clientHello(share, protocol));
    socket.write(Buffer.concat([recordHead(RECORD.handshake, hello.length), hello]));

    const serverHello = await records.next();
    if (serverHello.type !== RECORD.handshake) return describe(serverHello);
    const shared = diffieHellman({ privateKey, publicKey: keyShareOf(serverHello.content) });
    let transcript = Buffer.concat([hello, serverHello.content]);
    const keys = scheduleKeys(shared, transcript);

    records.protection = new Protection(keys.handshake.server);
    transcript = Buffer.concat([transcript, await records.until(MESSAGE.finished)]);
    const application = keys.application(transcript);
    records.protection = new Protection(application.server);

    const answers = proofMessages(proof, transcript, keys.handshake.client);
    const handshake = new Protection(keys.handshake.client);
    const data = new Protection(application.client);
    const flight = answers.flatMap((answer) => pieces(answer).map((piece) => handshake.seal(RECORD.handshake, piece)));
    socket.write(Buffer.concat([...flight, data.seal(RECORD.applicationData, Buffer.from(proof.request))]));
    return await records.rest();
  } finally {
    socket.destroy();
  }
}

function proofMessages(proof: Proof, transcript: Buffer, secret: Buffer): readonly Buffer[] {
  const { certificates, key, changeSignature = same, scheme = ECDSA_SECP256R1_SHA256, request: _request, ...rest } = proof;
  const changeFinished = 'changeFinished' in rest ? rest.changeFinished : same;
  const list = certificates.map((der) => Buffer.concat([vector(3, Buffer.from(der)), vector(2, Buffer.alloc(0))]));
  const messages = [message(MESSAGE.certificate, Buffer.concat([vector(1, Buffer.alloc(0)), vector(3, Buffer.concat(list))]))];
  const heard = (): Buffer => Buffer.concat([transcript, ...messages]);
  if (key !== undefined) {
    const context = Buffer.from('TLS 1.3, client CertificateVerify\0');
    const signature = changeSignature(sign('sha256', Buffer.concat([Buffer.alloc(64, 0x20), context, sha256(heard())]), key));
    messages.push(message(MESSAGE.certificateVerify, Buffer.concat([uint16(scheme), vector(2, signature)])));
  }
  if (changeFinished !== undefined) messages.push(message(MESSAGE.finished, changeFinished(finishedData(secret, heard()))));
  return messages;
}

function same(bytes: Buffer): Buffer {
  return bytes;
}

function clientHello(share: Buffer, protocol: string): Buffer {
  const extension = (type: number, content: Buffer): Buffer => Buffer.concat([uint16(type), vector(2, content)]);
  return Buffer.concat([
    Buffer.of(3, 3),
    randomBytes(32),
    vector(1, randomBytes(32)),
    vector(2, uint16(0x1301)),
    vector(1, Buffer.of(0)),
    vector(
      2,
      Buffer.concat([
        extension(43, vector(1, uint16(0x0304))),
        extension(10, vector(2, uint16(0x001d))),
        extension(13, vector(2, uint16(ECDSA_SECP256R1_SHA256))),
        extension(51, vector(2, Buffer.concat([uint16(0x001d), vector(2, share)]))),
        extension(16, vector(2, vector(1, Buffer.from(protocol)))),
      ]),
    ),
  ]);
}

/** Its extensions are two, in either order: the version, and the share of X25519. */
function keyShareOf(serverHello: Buffer): KeyObject {
  const at = serverHello.indexOf(Buffer.from('00330024001d0020', 'hex'));
  if (at === -1) throw new TypeError('the server did not take X25519');
  const key = Buffer.concat([X25519_SPKI, serverHello.subarray(at + 8, at + 40)]);
  return createPublicKey({ key, format: 'der', type: 'spki' });
}

interface OpenRecord {
  readonly type: number;
  readonly content: Buffer;
}

/** What comes from the server, record by record, laid open. */
class Records {
  protection: Protection | undefined;
  readonly #socket: Socket;
  #bytes: Buffer = Buffer.alloc(0);
  #isOver = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (some: Buffer) => (this.#bytes = Buffer.concat([this.#bytes, some])));
    socket.on('error', () => undefined);
    socket.once('close', () => (this.#isOver = true));
  }

  async next(): Promise<OpenRecord> {
    for (;;) {
      const length = this.#bytes.length >= 5 ? 5 + this.#bytes.readUInt16BE(3) : Infinity;
      if (this.#bytes.length < length) {
        if (this.#isOver) return { type: 0, content: Buffer.alloc(0) };
        const more = new AbortController();
        const { signal } = more;
        const events = ['data', 'close'].map((event) => once(this.#socket, event, { signal }).catch(() => undefined));
        await within(Promise.race(events), 'the server').finally(() => {
          more.abort();
        });
        continue;
      }
      const record = this.#bytes.subarray(0, length);
      this.#bytes = this.#bytes.subarray(length);
      const [type = 0] = record;
      if (type === RECORD.changeCipherSpec) continue;
      if (type !== RECORD.applicationData || this.protection === undefined) return { type, content: record.subarray(5) };
      return this.protection.open(record.subarray(0, 5), record.subarray(5));
    }
  }

  /** Handshake messages up to one of a kind, with it. */
  async until(kind: number): Promise<Buffer> {
    let messages = Buffer.alloc(0);
    for (;;) {
      let last: number | undefined;
      for (let at = 0; at + 4 <= messages.length; at += 4 + messages.readUIntBE(at + 1, 3)) {
        last = at + 4 + messages.readUIntBE(at + 1, 3) <= messages.length ? messages[at] : undefined;
      }
      if (last === kind) return messages;
      const record = await this.next();
      if (record.type !== RECORD.handshake) throw new TypeError(`the server said ${describe(record)}`);
      messages = Buffer.concat([messages, record.content]);
    }
  }

  /** What is said until the end. Session tickets are passed over. */
  async rest(): Promise<string> {
    let said = '';
    for (;;) {
      const record = await this.next();
      if (record.type === RECORD.applicationData) said += record.content.toString('latin1');
      // close_notify, or the end without one.
      else if (record.type === 0 || (record.type === RECORD.alert && record.content[1] === 0)) return said;
      else if (record.type === RECORD.alert) return describe(record);
    }
  }
}

function describe({ type, content }: OpenRecord): string {
  return type === RECORD.alert ? `alert ${content[1] ?? ''}` : `record ${type}`;
}

function message(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.of(type), vector(3, body)]);
}

/** A record holds 16 KiB. */
function pieces(bytes: Buffer): readonly Buffer[] {
  return bytes.length <= 16_384 ? [bytes] : [bytes.subarray(0, 16_384), ...pieces(bytes.subarray(16_384))];
}

function vector(octets: 1 | 2 | 3, content: Buffer): Buffer {
  const length = Buffer.alloc(octets);
  length.writeUIntBE(content.length, 0, octets);
  return Buffer.concat([length, content]);
}

function uint16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff);
}
