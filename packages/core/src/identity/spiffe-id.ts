import { IdentityId } from './id.ts';

/** What an instance calls itself: unique among the running processes of its service. */
export type InstanceName = string & { readonly [INSTANCE]: true };

declare const INSTANCE: unique symbol;

const INSTANCE_GRAMMAR = /^[A-Za-z0-9_-]{1,64}$/;

export const InstanceName = {
  is(text: unknown): text is InstanceName {
    return typeof text === 'string' && INSTANCE_GRAMMAR.test(text);
  },

  /** @returns undefined where the text is no instance name: 1 to 64 of letters, digits, `_` and `-`. */
  parse(text: string): InstanceName | undefined {
    return InstanceName.is(text) ? text : undefined;
  },
};

/** The SPIFFE ID of an identity as a whole: its trust domain (SPIFFE-ID section 2). */
export function identitySpiffeId(id: IdentityId): string {
  return `spiffe://${id}`;
}

/** The SPIFFE ID of one instance of a service. */
export function instanceSpiffeId(id: IdentityId, instance: InstanceName): string {
  return `spiffe://${id}/i/${instance}`;
}

/** The inverse of {@link instanceSpiffeId}; undefined for any other text. */
export function parseInstanceSpiffeId(uri: string): { readonly id: IdentityId; readonly instance: InstanceName } | undefined {
  const match = /^spiffe:\/\/([a-z2-7]{52})\/i\/([A-Za-z0-9_-]{1,64})$/.exec(uri);
  const id = IdentityId.parse(match?.[1] ?? '');
  const instance = InstanceName.parse(match?.[2] ?? '');
  return id === undefined || instance === undefined ? undefined : { id, instance };
}
