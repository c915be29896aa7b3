import type { Doors } from './traffic/lanes.ts';
import type { PlainClient } from './traffic/plain-http.ts';
import type { Refused } from './refused.ts';
import { textOf, type Sighting } from './sightings/sighting.ts';
import type { Sightings } from './sightings/sightings.ts';

export interface ForbiddenOptions {
  readonly doors: Doors;
  readonly client: PlainClient;
  readonly sightings: Sightings;
  readonly hasCurl: boolean;
}

/** The reason that a member is given whom the policy of the service does not list. */
export const FORBIDDEN_REASON = 'policy-not-listed';

/** The file that only orders may have. */
const FILE = 'invoices/1.txt';

/** Has members call what the policy of `files` lets orders alone call: in process, and by the proxy of a sidecar. */
export async function callForbidden({ doors, client, sightings, hasCurl }: ForbiddenOptions): Promise<readonly Refused[]> {
  const begun = Date.now();
  const byFront = await client.ask(doors.front, `/files/${FILE}`);
  const errand = { client: hasCurl ? 'curl' : 'fetch', url: `http://files.mesh.internal/${FILE}` };
  const byCourier = await client.ask(doors.courier, '/', JSON.stringify(errand));
  const seenOf = async (who: string): Promise<Pick<Refused, 'seen' | 'times'>> => {
    const isOfHim = (seen: Sighting): boolean => seen.at >= begun && textOf(seen, 'detail').endsWith(` ${who}`);
    const sighting = await sightings.first('refused', 'files', isOfHim);
    return { seen: sighting && textOf(sighting, 'refusal'), times: sightings.of('refused', 'files', isOfHim).length };
  };
  const outcome = JSON.parse(byCourier.body.toString()) as { readonly body: string };
  return [
    { who: 'web, in process', at: 'files', told: reasonIn(byFront.body.toString()), ...(await seenOf('web')) },
    { who: `courier, by ${errand.client}`, at: 'files', told: reasonIn(outcome.body), ...(await seenOf('courier')) },
  ];
}

/** The reason in an error as JSON; undefined in anything else. */
function reasonIn(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { readonly refusal?: string }).refusal;
  } catch {
    return undefined;
  }
}
