import { nkeys } from '@nats-io/transport-node';

type KeyPair = ReturnType<typeof nkeys.createUser>;

/** A user by an NKey alone. */
export function createUser(): { readonly seed: string; readonly publicKey: string } {
  return shown(nkeys.createUser());
}

/** The configuration of a server that believes an operator, and the credentials of a user of an account of it. */
export function createOperator(): { readonly config: string; readonly creds: string } {
  const [operator, account, user] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createUser()];
  const system = nkeys.createAccount();
  const none = { subs: -1, data: -1, payload: -1 };
  const conn = { conn: -1, leaf: -1, imports: -1, exports: -1, wildcards: true };
  const disk = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 };
  const operatorJwt = jwt(operator, operator, 'operator', {});
  const accountJwt = jwt(operator, account, 'account', { limits: { ...none, ...conn, ...disk } });
  const userJwt = jwt(account, user, 'user', { ...none, pub: {}, sub: {} });
  const systemJwt = jwt(operator, system, 'account', { limits: { ...none, ...conn } });
  const preload = `${account.getPublicKey()}: "${accountJwt}", ${system.getPublicKey()}: "${systemJwt}"`;
  return {
    config: `operator: "${operatorJwt}"\nsystem_account: ${system.getPublicKey()}\nresolver: MEMORY\nresolver_preload: { ${preload} }\n`,
    creds: [
      `-----BEGIN NATS USER JWT-----\n${userJwt}\n------END NATS USER JWT------\n`,
      `-----BEGIN USER NKEY SEED-----\n${shown(user).seed}\n------END USER NKEY SEED------\n`,
    ].join('\n'),
  };
}

function shown(pair: KeyPair): { readonly seed: string; readonly publicKey: string } {
  return { seed: Buffer.from(pair.getSeed()).toString(), publicKey: pair.getPublicKey() };
}

function jwt(issuer: KeyPair, subject: KeyPair, type: string, more: object): string {
  const iat = 1_700_000_000;
  const nats = { type, version: 2, ...more };
  const claims = { jti: `${type}-1`, iat, iss: issuer.getPublicKey(), name: type, sub: subject.getPublicKey(), nats };
  const signed = [{ typ: 'JWT', alg: 'ed25519-nkey' }, claims].map(base64).join('.');
  return `${signed}.${Buffer.from(issuer.sign(Buffer.from(signed))).toString('base64url')}`;
}

function base64(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
