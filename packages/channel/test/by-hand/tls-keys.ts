import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto';

// The key schedule and the record protection of TLS 1.3 (RFC 8446 sections 5.2 and 7.1) with TLS_AES_128_GCM_SHA256.

const HASH_OCTETS = 32;
const TAG_OCTETS = 16;
const NOTHING = Buffer.alloc(HASH_OCTETS);

export const RECORD = { changeCipherSpec: 20, alert: 21, handshake: 22, applicationData: 23 } as const;

export interface TrafficSecrets {
  readonly client: Buffer;
  readonly server: Buffer;
}

export interface KeySchedule {
  readonly handshake: TrafficSecrets;
  /** @param transcript up to the server's Finished */
  readonly application: (transcript: Buffer) => TrafficSecrets;
}

/** @param transcript up to the ServerHello */
export function scheduleKeys(shared: Buffer, transcript: Buffer): KeySchedule {
  const early = extract(NOTHING, NOTHING);
  const secret = extract(deriveSecret(early, 'derived', Buffer.alloc(0)), shared);
  const master = extract(deriveSecret(secret, 'derived', Buffer.alloc(0)), NOTHING);
  return {
    handshake: traffic(secret, 'hs', transcript),
    application: (whole) => traffic(master, 'ap', whole),
  };
}

/** The verify_data of a Finished (section 4.4.4). */
export function finishedData(secret: Buffer, transcript: Buffer): Buffer {
  return hmac(expandLabel(secret, 'finished', Buffer.alloc(0), HASH_OCTETS), sha256(transcript));
}

export function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** Protects, or lays open, the records of one direction under one secret. */
export class Protection {
  readonly #key: Buffer;
  readonly #iv: Buffer;
  #sequence = 0;

  constructor(secret: Buffer) {
    this.#key = expandLabel(secret, 'key', Buffer.alloc(0), 16);
    this.#iv = expandLabel(secret, 'iv', Buffer.alloc(0), 12);
  }

  seal(type: number, content: Buffer): Buffer {
    const plain = Buffer.concat([content, Buffer.of(type)]);
    const head = recordHead(RECORD.applicationData, plain.length + TAG_OCTETS);
    const cipher = createCipheriv('aes-128-gcm', this.#key, this.#nonce()).setAAD(head);
    return Buffer.concat([head, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  }

  open(head: Buffer, body: Buffer): { readonly type: number; readonly content: Buffer } {
    const decipher = createDecipheriv('aes-128-gcm', this.#key, this.#nonce()).setAAD(head);
    decipher.setAuthTag(body.subarray(-TAG_OCTETS));
    const plain = Buffer.concat([decipher.update(body.subarray(0, -TAG_OCTETS)), decipher.final()]);
    return { type: plain.at(-1) ?? 0, content: plain.subarray(0, -1) };
  }

  #nonce(): Buffer {
    const nonce = Buffer.from(this.#iv);
    nonce.writeUInt32BE((nonce.readUInt32BE(8) ^ this.#sequence) >>> 0, 8);
    this.#sequence += 1;
    return nonce;
  }
}

export function recordHead(type: number, length: number): Buffer {
  return Buffer.of(type, 3, 3, length >> 8, length & 0xff);
}

function traffic(secret: Buffer, phase: 'hs' | 'ap', transcript: Buffer): TrafficSecrets {
  return {
    client: deriveSecret(secret, `c ${phase} traffic`, transcript),
    server: deriveSecret(secret, `s ${phase} traffic`, transcript),
  };
}

function deriveSecret(secret: Buffer, label: string, transcript: Buffer): Buffer {
  return expandLabel(secret, label, sha256(transcript), HASH_OCTETS);
}

/** HKDF-Expand-Label for outputs of one block. */
function expandLabel(secret: Buffer, label: string, context: Buffer, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`);
  const info = [Buffer.of(0, length, name.length), name, Buffer.of(context.length), context];
  return hmac(secret, Buffer.concat([...info, Buffer.of(1)])).subarray(0, length);
}

function extract(salt: Buffer, input: Buffer): Buffer {
  return hmac(salt, input);
}

function hmac(key: Buffer, message: Buffer): Buffer {
  return createHmac('sha256', key).update(message).digest();
}
