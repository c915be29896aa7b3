import { argon2, createCipheriv, createDecipheriv, createPrivateKey, randomBytes, type KeyObject } from 'node:crypto';
import { toBase64url } from '../encoding/base64url.ts';
import { canonicalJson, parseCanonicalJson, type Json } from '../encoding/canonical-json.ts';
import { array, base64url, integer, literal, object, type Shape } from '../encoding/shape.ts';
import { ThemisError } from '../outcome/themis-error.ts';
import { MemorySigner } from './signer.ts';

/** What guessing one passphrase costs (RFC 9106 section 3.1). */
export interface SealCost {
  /** KiB. */
  readonly memory: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** RFC 9106 section 4, the second recommended choice: about 0.2 s on one core. */
export const DEFAULT_SEAL_COST: SealCost = { memory: 65_536, passes: 3, parallelism: 4 };

/** The private keys of signers, as JSON to be written into a file that nobody else may read. */
export type SealedKeys = PlainKeys | BoxedKeys;

interface PlainKeys {
  readonly v: 1;
  readonly seal: 'none';
  readonly signers: readonly SignerKeys[];
}

interface SignerKeys {
  /** PKCS #8 (RFC 5958) in DER. */
  readonly keys: readonly Uint8Array[];
}

interface BoxedKeys extends SealCost {
  readonly v: 1;
  readonly seal: typeof BOX;
  readonly salt: Uint8Array;
  readonly nonce: Uint8Array;
  /** The ciphertext and its tag of 16 bytes. All other fields are the additional authenticated data. */
  readonly box: Uint8Array;
}

const BOX = 'argon2id+aes-256-gcm';
const TAG_BYTES = 16;
const MAX_SIGNERS = 16;

const signers = array(object<SignerKeys>({ keys: array(base64url(1, 8_192), { min: 1, max: 2 }) }), { max: MAX_SIGNERS });
const plain = object<PlainKeys>({ v: literal(1), seal: literal('none'), signers });

// The bounds keep a hostile file from taking the reader's memory and time: 256 MiB, and some seconds.
const boxed = object<BoxedKeys>({
  v: literal(1),
  seal: literal(BOX),
  memory: integer(128, 262_144),
  passes: integer(1, 10),
  parallelism: integer(1, 16),
  salt: base64url(16, 64),
  nonce: base64url(12, 12),
  box: base64url(TAG_BYTES, 524_288),
});

/** Reads the form only; {@link openKeys} opens it. */
export const sealedKeysShape: Shape<SealedKeys> = (value, path) => {
  const isPlain = typeof value === 'object' && value !== null && 'seal' in value && value.seal === 'none';
  return isPlain ? plain(value, path) : boxed(value, path);
};

/**
 * @param passphrase none: the keys are written as they are, and the mode of the file is all that keeps them
 * @param cost of opening it; tests take less than the default
 */
export async function sealKeys(
  keys: readonly MemorySigner[],
  passphrase: Uint8Array | undefined,
  cost: SealCost = DEFAULT_SEAL_COST,
): Promise<Json> {
  const exported = keys.map((signer) => ({ keys: signer.privateKeys.map(exportKey) }));
  if (passphrase === undefined) return { v: 1, seal: 'none', signers: exported };
  const { memory, passes, parallelism } = cost;
  const salt = randomBytes(16);
  const nonce = randomBytes(12);
  const head = header({ memory, passes, parallelism, salt, nonce });
  // AES-GCM with a random 96-bit nonce (NIST SP 800-38D section 8.2.2); the salt is new each time, and so is the key.
  const cipher = createCipheriv('aes-256-gcm', await deriveKey(passphrase, salt, cost), nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(canonicalJson(head)));
  const box = Buffer.concat([cipher.update(canonicalJson(exported), 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return { ...head, box: toBase64url(box) };
}

/**
 * @throws ThemisError THEMIS_PASSPHRASE_MISSING, THEMIS_PASSPHRASE_WRONG (or the box was changed), THEMIS_KEYS_MALFORMED
 */
export async function openKeys(sealed: SealedKeys, passphrase: Uint8Array | undefined): Promise<readonly MemorySigner[]> {
  if (sealed.seal === 'none') return sealed.signers.map(readSigner);
  if (passphrase === undefined) throw new ThemisError('THEMIS_PASSPHRASE_MISSING', sealed.seal);
  const { salt, nonce, box } = sealed;
  const key = await deriveKey(passphrase, salt, sealed);
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(canonicalJson(header(sealed))));
  decipher.setAuthTag(box.subarray(box.length - TAG_BYTES));
  const opened = decipher.update(box.subarray(0, box.length - TAG_BYTES));
  try {
    decipher.final();
  } catch {
    throw new ThemisError('THEMIS_PASSPHRASE_WRONG', 'the seal does not verify');
  }
  return readOpened(opened);
}

function header({ memory, passes, parallelism, salt, nonce }: Omit<BoxedKeys, 'v' | 'seal' | 'box'>): Record<string, Json> {
  return { v: 1, seal: BOX, memory, passes, parallelism, salt: toBase64url(salt), nonce: toBase64url(nonce) };
}

function deriveKey(passphrase: Uint8Array, salt: Uint8Array, { memory, passes, parallelism }: SealCost): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message: passphrase, nonce: salt, memory, passes, parallelism, tagLength: 32 }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

function exportKey(key: KeyObject): string {
  return toBase64url(key.export({ type: 'pkcs8', format: 'der' }));
}

// What a passphrase opened was written by whoever knows it, but is read like everything else.
function readOpened(bytes: Uint8Array): readonly MemorySigner[] {
  const json = parseCanonicalJson(bytes);
  if (json === undefined) throw malformed('the box');
  try {
    return signers(json, '').map(readSigner);
  } catch {
    throw malformed('the box');
  }
}

// The causes are left out: an error of a parser may quote what it could not read, and that is a private key.
function readSigner({ keys }: SignerKeys): MemorySigner {
  try {
    const secrets = keys.map((der) => createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' }));
    return MemorySigner.fromPrivateKeys(secrets);
  } catch {
    throw malformed('a key');
  }
}

function malformed(what: string): ThemisError {
  return new ThemisError('THEMIS_KEYS_MALFORMED', what);
}
