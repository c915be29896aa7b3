import { setTimeout as delay } from 'node:timers/promises';
import type { Themis } from './ground/command-line.ts';
import type { ShopDirectory } from './ground/directory.ts';
import type { Refused } from './refused.ts';
import { textOf, type Sighting } from './sightings/sighting.ts';
import type { Sightings } from './sightings/sightings.ts';
import type { Doors } from './traffic/lanes.ts';
import type { PlainClient } from './traffic/plain-http.ts';
import { requireOk } from './traffic/proof.ts';

export interface RemovalOptions {
  readonly themis: Themis;
  readonly shop: ShopDirectory;
  readonly home: string;
  readonly doors: Doors;
  readonly client: PlainClient;
  readonly sightings: Sightings;
}

/** An open connection of the removed member that was cut. */
export interface Cut {
  readonly service: string;
  /** From the moment in which the charter without the member was written to the cut. Milliseconds. */
  readonly after: number;
}

export interface Removal {
  readonly refused: readonly Refused[];
  readonly cuts: readonly Cut[];
  /** Lines of the feed that were made after the cut and reached the removed member all the same. */
  readonly linesAfterCut: number;
  /** Orders that were taken after the cut: as many lines of the feed were made. */
  readonly ordersAfterCut: number;
  /** Lines that the removed member entered into the ledger after the cut. */
  readonly entriesAfterCut: number;
}

/** The reason that a removed member is given. */
export const REMOVED_REASON = 'member-removed';

/** Services to which the guest has an open connection: raw bytes, in process and behind a sidecar. */
export const CONNECTED_TO = ['orders', 'ledger'] as const;

/** Services that the guest tries to reach again. */
export const REFUSED_AT = [...CONNECTED_TO, 'catalog'] as const;

/** How long it is looked whether anything gets through. */
const WATCH_MS = 1500;

/** Removes the guest while its connections are open, and looks what becomes of them. @throws Error where none was open */
export async function removeGuest({ themis, shop, home, doors, client, sightings }: RemovalOptions): Promise<Removal> {
  for (const service of CONNECTED_TO) {
    const connected = await sightings.first('connected', 'guest', (seen) => textOf(seen, 'service') === service, 10_000);
    if (connected === undefined) throw new Error(`the guest never had a connection to ${service}`);
  }
  const begun = Date.now();
  await themis(home, 'remove', 'guest');
  const written = await shop.charterWrittenAt();
  const isRemoval = (seen: Sighting): boolean => textOf(seen, 'refusal') === REMOVED_REASON;
  const wasOpen = (seen: Sighting): boolean => isRemoval(seen) && isOpened(sightings, textOf(seen, 'remote'));
  const sightingsOfCuts = await Promise.all(CONNECTED_TO.map((service) => sightings.first('refused', service, wasOpen)));
  const cuts = sightingsOfCuts.filter((cut) => cut !== undefined);

  const before = await lookAtShop(doors, client);
  await delay(WATCH_MS);
  const after = await lookAtShop(doors, client);

  const refused = REFUSED_AT.map((at) => {
    const turnedAway = sightings.of('turned-away', 'guest', (seen) => seen.at >= begun && textOf(seen, 'service') === at);
    const refusals = sightings.of('refused', at, (seen) => isRemoval(seen) && !wasOpen(seen));
    return { who: 'guest, removed', at, told: reasonOf(turnedAway), seen: reasonOf(refusals), times: refusals.length };
  });
  const feedEnded = cuts.find(({ service }) => service === 'orders')?.at ?? begun;
  return {
    refused,
    cuts: cuts.map(({ service, at }) => ({ service, after: Math.ceil(at - written) })),
    linesAfterCut: feedStamps(sightings).filter((at) => at > feedEnded).length,
    ordersAfterCut: after.orders - before.orders,
    entriesAfterCut: after.entries - before.entries,
  };
}

/** Whether an address is the guest's end of a connection that it had open. */
function isOpened(sightings: Sightings, address: string): boolean {
  return sightings.of('connected', 'guest', (seen) => textOf(seen, 'from') === address).length > 0;
}

/** The last reason given, where one was. */
function reasonOf(sightings: readonly Sighting[]): string | undefined {
  return sightings.map((seen) => textOf(seen, 'refusal')).findLast((reason) => reason !== '');
}

/** When the lines were made that the guest had from the feed. Milliseconds since 1970. */
function feedStamps(sightings: Sightings): readonly number[] {
  return sightings
    .of('listened', 'guest')
    .flatMap(({ facts: { recent } }) => (Array.isArray(recent) ? recent.filter((at) => typeof at === 'number') : []));
}

/** How many orders were taken, and how many lines the guest has in the ledger. */
async function lookAtShop({ front }: Doors, client: PlainClient): Promise<{ readonly orders: number; readonly entries: number }> {
  const orders = requireOk(await client.ask(front, '/orders')).toString();
  const ledger = requireOk(await client.ask(front, '/ledger', 'count guest')).toString();
  const { taken } = JSON.parse(orders) as { readonly taken: number };
  const { lines } = JSON.parse(ledger) as { readonly lines: readonly string[] };
  return { orders: taken, entries: Number(lines[0]) };
}
