import type { ShopDirectory } from '../ground/directory.ts';
import type { Programs } from '../ground/programs.ts';
import type { Refused } from '../refused.ts';
import { textOf } from '../sightings/sighting.ts';
import type { Sightings } from '../sightings/sightings.ts';
import { knock, refusalIn, type Papers } from './knock.ts';
import { forgedPapers, opensslPapers, readVictim, strangersPapers } from './papers.ts';

export interface IntrudersOptions {
  readonly shop: ShopDirectory;
  readonly sightings: Sightings;
  /** The home of a stranger's app, with a service `web`. */
  readonly stranger: string;
  /** For files. */
  readonly folder: string;
  readonly hasOpenssl: boolean;
}

/** Services that are knocked at: one in process, one behind a sidecar. */
export const DOORS = ['orders', 'catalog'] as const;

/** Which reason each intruder is to be given. */
export const REASONS = {
  'a member of another app': 'policy-not-a-member',
  'a forger of a leaf': 'leaf-signature',
  'OpenSSL with a SPIFFE ID of ours': 'chain-identity-missing',
} as const;

export type Intruder = keyof typeof REASONS;

/** Who is to come on this machine. */
export function expectedIntruders({ openssl }: Programs): readonly Intruder[] {
  const always = ['a member of another app', 'a forger of a leaf'] as const;
  return openssl ? [...always, 'OpenSSL with a SPIFFE ID of ours'] : always;
}

/** Has everybody knock at every door. The forgers first look at what the door presents: they claim to be that very service. */
export async function sendIntruders(options: IntrudersOptions): Promise<readonly Refused[]> {
  const turned: Refused[] = [];
  for (const at of DOORS) {
    for (const [who, papers] of await papersFor(at, options)) turned.push({ who, at, ...(await tryDoor(at, papers, options)) });
  }
  return turned;
}

async function papersFor(at: string, options: IntrudersOptions): Promise<readonly (readonly [Intruder, Papers])[]> {
  const { shop, stranger, folder, hasOpenssl } = options;
  const strangers = await strangersPapers(stranger, 'web');
  const victim = readVictim((await knock(await shop.endpointOf(at), strangers)).chain);
  return [
    ['a member of another app', strangers],
    ['a forger of a leaf', await forgedPapers(victim)],
    ...(hasOpenssl ? [['OpenSSL with a SPIFFE ID of ours', await opensslPapers(victim, folder)] as const] : []),
  ];
}

type Turned = Pick<Refused, 'told' | 'seen' | 'times'>;

async function tryDoor(at: string, papers: Papers, { shop, sightings }: IntrudersOptions): Promise<Turned> {
  const { from, answer } = await knock(await shop.endpointOf(at), papers);
  const sighting = await sightings.first('refused', at, (seen) => textOf(seen, 'remote') === from);
  return { told: refusalIn(answer), seen: sighting && textOf(sighting, 'refusal'), times: sighting === undefined ? 0 : 1 };
}
