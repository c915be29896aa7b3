import { IdentityId, labelsShape, ServiceName, shape } from '@themis-mesh/core';
import { writeAtomically } from './atomic-file.ts';
import { withLock } from './lock.ts';
import { readState, stateBytes, type StateKind } from './state-file.ts';

/** A one-time token that was given out. Of the token itself only a digest is kept. */
export interface GivenToken {
  readonly digest: string;
  /** The one name that it admits under. */
  readonly name: ServiceName;
  readonly labels?: ReadonlyMap<string, string>;
  /** Seconds since 1970. */
  readonly exp: number;
  /** Who used it: nobody else can. */
  readonly used?: IdentityId;
}

/** The most tokens that are out at one time. */
export const MAX_TOKENS = 1024;

interface Body {
  readonly v: 1;
  readonly tokens: readonly GivenToken[];
}

const KIND: StateKind<Body> = {
  secret: true,
  maxBytes: 4_194_304,
  shape: shape.object<Body>({
    v: shape.literal(1),
    tokens: shape.array(
      shape.object<GivenToken>({
        digest: shape.digest,
        name: ServiceName.shape,
        labels: shape.optional(labelsShape),
        exp: shape.time,
        used: shape.optional(IdentityId.shape),
      }),
      { max: MAX_TOKENS },
    ),
  }),
};

/** The one-time tokens of an owner. */
export class TokenFile {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** @throws ThemisError THEMIS_FILE_MALFORMED, and those of reading private files */
  async read(): Promise<readonly GivenToken[]> {
    return (await readState(this.path, KIND))?.tokens ?? [];
  }

  /** Reads, changes and writes, with nobody else in between. Nothing is written where what was read comes back. */
  async update<T>(
    change: (tokens: readonly GivenToken[]) => { readonly tokens: readonly GivenToken[]; readonly result: T },
  ): Promise<T> {
    return withLock(this.path, async () => {
      const before = await this.read();
      const { tokens, result } = change(before);
      if (tokens !== before) await writeAtomically(this.path, stateBytes({ v: 1, tokens: tokens.map(tokenJson) }));
      return result;
    });
  }
}

function tokenJson({ digest, name, labels, exp, used }: GivenToken): {
  readonly [name: string]: string | number | { [label: string]: string };
} {
  return {
    ...{ digest, name, exp },
    ...(labels === undefined ? {} : { labels: Object.fromEntries(labels) }),
    ...(used === undefined ? {} : { used }),
  };
}
