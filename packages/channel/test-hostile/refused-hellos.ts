import { execFileSync } from 'node:child_process';
import { makeBadLeaves, type PresentedIdentity, type Stage, type TestLeaf } from '@themis-mesh/testkit';
import { goodIdentity, identityOf } from './till.ts';

/** A hello that is answered by a refusal, or not at all. */
export interface RefusedHello {
  readonly what: string;
  readonly args: readonly string[];
  readonly as?: (stage: Stage) => Promise<PresentedIdentity> | PresentedIdentity;
  readonly refused: string;
  /** What Node's TLS says of it, where the handshake failed. */
  readonly detail?: RegExp;
}

/** What is refused of {@link makeBadLeaves}, in its order. */
const ATTACKS = [
  'leaf-expired',
  'leaf-not-yet-valid',
  'leaf-signature',
  'leaf-other-identity',
  'chain-identity-missing',
  'chain-third-certificate',
  'chain-signed-by-leaf',
];

/** Without this OpenSSL itself keeps from weak parameters. */
const WEAK = ['-cipher', 'ALL:@SECLEVEL=0'];

export const REFUSED_HELLOS: readonly RefusedHello[] = [
  { what: 'TLS 1.2', args: ['-tls1_2'], as: goodIdentity, refused: 'handshake-failed', detail: /UNSUPPORTED_PROTOCOL/ },
  {
    what: 'TLS 1.1',
    args: ['-tls1_1', ...WEAK],
    as: goodIdentity,
    refused: 'handshake-failed',
    detail: /UNSUPPORTED_PROTOCOL/,
  },
  {
    what: 'TLS 1.0',
    args: ['-tls1', ...WEAK],
    as: goodIdentity,
    refused: 'handshake-failed',
    detail: /UNSUPPORTED_PROTOCOL/,
  },
  ...['P-384', 'P-521', 'X448', 'ffdhe2048', 'brainpoolP256r1'].map((group) => ({
    what: `the group ${group} only`,
    args: ['-groups', group],
    as: goodIdentity,
    refused: 'handshake-failed',
  })),
  ...['TLS_AES_128_CCM_SHA256', 'TLS_AES_128_CCM_8_SHA256'].map((suite) => ({
    what: `the cipher suite ${suite} only`,
    args: ['-ciphersuites', suite],
    as: goodIdentity,
    refused: 'handshake-failed',
    detail: /NO_SHARED_CIPHER/,
  })),
  ...['RSA-PSS+SHA256', 'ed25519', 'ECDSA+SHA384', 'RSA+SHA256'].map((algorithm) => ({
    what: `the signature algorithm ${algorithm} only`,
    args: ['-sigalgs', algorithm],
    as: goodIdentity,
    refused: 'handshake-failed',
    detail: /SIGNATURE|SHARED/,
  })),
  ...['h2', 'themis/1', 'HTTP/1.1', 'themis-http/1 '].map((name) => ({
    what: `the protocol ${JSON.stringify(name)} only`,
    args: ['-alpn', name],
    as: goodIdentity,
    refused: 'handshake-failed',
    detail: /NO_APPLICATION_PROTOCOL/,
  })),
  { what: 'no certificate', args: [], refused: 'chain-empty' },
  { what: 'no certificate, and no protocol', args: ['-no_alpn'], refused: 'chain-empty' },
  { what: 'a pre-shared key instead', args: ['-psk', '00112233', '-psk_identity', 'web'], refused: 'chain-empty' },
  { what: 'no certificate, and post-handshake authentication', args: ['-enable_pha'], refused: 'chain-empty' },
  { what: 'a self-made certificate', args: [], as: () => selfMade(...curve('P-256')), refused: 'chain-identity-missing' },
  // OpenSSL finds no signature algorithm that both sides know, and then presents nothing.
  { what: 'an RSA key', args: [], as: () => selfMade('rsa:2048'), refused: 'chain-empty' },
  { what: 'an RSA key of 1024 bits', args: WEAK, as: () => selfMade('rsa:1024'), refused: 'chain-empty' },
  { what: 'an Ed25519 key', args: [], as: () => selfMade('ed25519'), refused: 'chain-empty' },
  { what: 'an Ed448 key', args: [], as: () => selfMade('ed448'), refused: 'chain-empty' },
  { what: 'a P-384 key', args: [], as: () => selfMade(...curve('P-384')), refused: 'chain-empty' },
  { what: 'a secp256k1 key', args: [], as: () => selfMade(...curve('secp256k1')), refused: 'chain-empty' },
  {
    what: 'the keys of a member with nothing said of it by its identity',
    args: [],
    as: async (stage) => ({ ...(await goodIdentity(stage)), rest: '' }),
    refused: 'chain-identity-missing',
  },
  ...ATTACKS.map((refused, index) => ({
    what: 'what can be made without keys',
    args: [],
    as: async ({ app }: Stage) => identityOf((await makeBadLeaves(app, 'web', seconds()))[index]?.leaf as TestLeaf),
    refused,
  })),
  ...['127.0.0.1', 'PAYMENTS.', 'orders', 'a'.repeat(255)].map((name) => ({
    what: `no certificate, for the server name ${name.slice(0, 20)}`,
    args: ['-servername', name],
    refused: 'chain-empty',
  })),
];

/** What somebody makes for himself with the openssl command. */
function selfMade(...algorithm: readonly string[]): PresentedIdentity {
  const options = ['req', '-x509', '-nodes', '-days', '1', '-subj', '/CN=web', '-keyout', '-', '-newkey', ...algorithm];
  const pem = execFileSync('openssl', options, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const at = pem.indexOf('-----BEGIN CERTIFICATE-----');
  return { key: pem.slice(0, at), leaf: pem.slice(at), rest: '' };
}

function curve(name: string): readonly string[] {
  return ['ec', '-pkeyopt', `ec_paramgen_curve:${name}`];
}

function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
