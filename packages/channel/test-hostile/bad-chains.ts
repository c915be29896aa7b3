import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { History, toPem, Trust, type Verdict } from '@themis-mesh/core';
import type { Authenticator } from '@themis-mesh/channel';
import { MemoryHistories, TestApp, type PresentedIdentity } from '@themis-mesh/testkit';

/** A chain of `vectors/certificates` that a peer presents. */
export interface BadChain {
  readonly name: string;
  readonly defect: string;
  /** The code that it is refused by. */
  readonly refused: string;
  readonly identity: PresentedIdentity;
  /** In DER, or what should be DER. */
  readonly chain: readonly Uint8Array[];
  readonly leafKey: KeyObject;
  /** Whether OpenSSL puts it on the wire as it is. */
  readonly isSentByOpenssl: boolean;
  /** A verifier that knows what the vector says, at the time that it says. */
  readonly verifier: () => Promise<Authenticator>;
}

/** Has OpenSSL present certificates that it holds for too weak. */
export const ANY_STRENGTH: readonly string[] = ['-cipher', 'DEFAULT:@SECLEVEL=0'];

interface Vectors {
  readonly certificates: Readonly<Record<string, string>>;
  readonly histories: Readonly<Record<string, readonly string[]>>;
  readonly keys: Readonly<Record<string, string>>;
  readonly cases: readonly {
    readonly name: string;
    readonly defect: string;
    readonly refused: string;
    readonly broken: Presented;
  }[];
}

interface Presented {
  readonly now: number;
  readonly remembered?: string;
  readonly judgedBy?: string;
  readonly chain: readonly string[];
  readonly leafKey: string;
}

const FOLDER = new URL('../../../vectors/certificates/', import.meta.url);

/**
 * Every bad chain of the vectors that a peer can present. That leaves out a leaf that is judged without its identity
 * certificate, and the good chain of another identity than the one dialled: whom a dialler expects is tested elsewhere.
 */
export const BAD_CHAINS: readonly BadChain[] = readdirSync(FOLDER)
  .filter((file) => file.startsWith('invalid-'))
  .flatMap((file) => badChains(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Vectors));

const APP = TestApp.found(['web']);

function badChains({ certificates, histories, keys, cases }: Vectors): readonly BadChain[] {
  return cases.flatMap(({ name, defect, refused, broken }) => {
    const chain = broken.chain.map((certificate) => bytesOf(certificates[certificate]));
    if (broken.judgedBy !== undefined || name === 'history-other-id') return [];
    const [leaf, ...rest] = chain.map(toPem);
    const leafKey = createPrivateKey({ key: bytesOf(keys[broken.leafKey]), format: 'der', type: 'pkcs8' });
    const wires = broken.remembered === undefined ? undefined : histories[broken.remembered]?.map(bytesOf);
    const remembered = wires === undefined ? undefined : believed(History.verify(wires));
    const identity = { key: leafKey.export({ type: 'pkcs8', format: 'pem' }).toString(), leaf, rest: rest.join('') };
    const verifier = (): Promise<Authenticator> => verifierAt(broken.now, remembered);
    const isSentByOpenssl = chain.every(isSentAsItIs);
    return [{ name, defect, refused, identity, chain, leafKey, isSentByOpenssl, verifier }];
  });
}

async function verifierAt(now: number, remembered: History | undefined): Promise<Authenticator> {
  const seen = new MemoryHistories();
  if (remembered !== undefined) seen.remember(remembered);
  const trust = new Trust({ app: (await APP).state, seen });
  return {
    authenticate: (chain) => trust.authenticate(chain, now),
    authenticateAgain: (peer) => trust.authenticateAgain(peer, now),
  };
}

/** OpenSSL does not send what it cannot read, and makes good DER of what is around a certificate (a wrong outer length). */
function isSentAsItIs(der: Uint8Array): boolean {
  try {
    return Buffer.compare(new X509Certificate(der).raw, der) === 0;
  } catch {
    return false;
  }
}

function believed<T>(verdict: Verdict<T>): T {
  if (verdict.ok) return verdict.value;
  throw new TypeError(verdict.refusal.code);
}

function bytesOf(base64: string | undefined): Buffer {
  if (base64 === undefined) throw new TypeError('the vectors name what they do not hold');
  return Buffer.from(base64, 'base64');
}
