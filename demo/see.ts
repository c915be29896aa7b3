import { setTimeout as delay } from 'node:timers/promises';
import { callForbidden } from './forbidden.ts';
import type { Ground } from './ground/ground.ts';
import type { Programs } from './ground/programs.ts';
import { sendIntruders } from './intruders/intruders.ts';
import { measureOverhead } from './overhead/overhead.ts';
import type { Refused } from './refused.ts';
import { removeGuest } from './removal.ts';
import type { DemoResult, ServiceSeen } from './result.ts';
import { Rotations } from './rotations.ts';
import type { Screen } from './screen.ts';
import { LEAF_SECONDS, METER, SERVICES, type ShopService } from './shop.ts';
import { step } from './step.ts';
import type { Lane } from './traffic/lane.ts';
import { Traffic } from './traffic/traffic.ts';

/** How long traffic goes on, at the least. Milliseconds. */
const TRAFFIC_MS = 12_000;

/** When the guest is removed: after its own certificate was replaced a few times. */
const REMOVAL_MS = 6000;

/** How often it is said how far the traffic is. */
const SAY_MS = 2000;

export type Seen = Omit<DemoResult, 'leftBehind' | 'seconds'>;
type DuringTraffic = Omit<Seen, 'overhead' | 'programs'>;
type SeenBesides = Pick<Seen, 'intruders' | 'forbidden' | 'removal'>;

/** Does all that a run is to show on a shop that is open, and returns what was seen. */
export async function seeAll(ground: Ground, lanes: readonly Lane[], screen: Screen, signal: AbortSignal): Promise<Seen> {
  screen.part('Traffic', `in ${lanes.length} ways; leaves live ${LEAF_SECONDS} s, and are replaced at about half of that`);
  const during = await seeTraffic(ground, lanes, screen, signal);
  screen.part('Overhead', 'the same calls by the mesh and in plain HTTP, in turn');
  const { homes, ports, programs } = ground;
  const overhead = await step('measuring the overhead', signal, () =>
    measureOverhead({ home: homes.shop, service: METER, catalog: ports.catalog, leafSeconds: LEAF_SECONDS, signal }),
  );
  for (const { what, plain, mesh } of overhead) {
    screen.tell(`${what}: ${plain.p50.toFixed(2)} ms plain, ${mesh.p50.toFixed(2)} ms by the mesh`);
  }
  return { ...during, overhead, programs };
}

async function seeTraffic(ground: Ground, lanes: readonly Lane[], screen: Screen, signal: AbortSignal): Promise<DuringTraffic> {
  const begun = Date.now();
  using rotations = new Rotations(ground.shop, namesOf('sidecar'));
  const rotationsOf = (service: ShopService): number => countRotations(service, begun, ground, rotations);
  const traffic = new Traffic(lanes, signal);
  const saying = setInterval(() => {
    const sum = SERVICES.reduce((total, service) => total + rotationsOf(service), 0);
    screen.tell(`${traffic.requests} requests, ${traffic.failed} failed; ${sum} rotations`);
  }, SAY_MS);
  try {
    const besides = await seeBesides(ground, screen, begun, signal);
    await delay(begun + TRAFFIC_MS - Date.now(), undefined, { signal });
    const sums = await traffic.stop();
    const services = SERVICES.map((service) => seenOf(service, rotationsOf(service), ground));
    return { services, ...sums, trafficSeconds: (Date.now() - begun) / 1000, ...besides };
  } finally {
    clearInterval(saying);
    await traffic.stop();
  }
}

/** What happens while there is traffic. */
async function seeBesides(ground: Ground, screen: Screen, begun: number, signal: AbortSignal): Promise<SeenBesides> {
  const { shop, sightings, homes, programs, ports: doors, client, themis } = ground;
  const { curl: hasCurl, openssl: hasOpenssl } = programs;
  const intruders = await step('sending intruders', signal, () =>
    sendIntruders({ shop, sightings, stranger: homes.stranger, folder: homes.folder, hasOpenssl }),
  );
  sayRefused(screen, intruders);
  const forbidden = await step('calling what is forbidden', signal, () => callForbidden({ doors, client, sightings, hasCurl }));
  sayRefused(screen, forbidden);
  await delay(begun + REMOVAL_MS - Date.now(), undefined, { signal });
  screen.tell('themis remove guest, while it is connected');
  const removal = await step('removing the guest', signal, () =>
    removeGuest({ themis, shop, home: homes.shop, doors, client, sightings }),
  );
  for (const { service, after } of removal.cuts) {
    screen.tell(`its open connection to ${service} was cut, ${after} ms after the new charter was written`);
  }
  sayRefused(screen, removal.refused);
  return { intruders, forbidden, removal };
}

function namesOf(kind: ShopService['kind']): readonly string[] {
  return SERVICES.filter((service) => service.kind === kind).map(({ name }) => name);
}

/** Programs in process say it themselves; of sidecars it shows in the directory. */
function countRotations({ name, kind }: ShopService, begun: number, { sightings }: Ground, rotations: Rotations): number {
  return kind === 'in process' ? sightings.of('renewed', name, ({ at }) => at >= begun).length : rotations.of(name);
}

function seenOf(service: ShopService, rotations: number, { programs }: Ground): ServiceSeen {
  return { ...service, program: programOf(service, programs), rotations };
}

function programOf({ name, program }: ShopService, { python3, curl }: Programs): string {
  if (name === 'files' && !python3) return 'sirv, because Python is missing';
  return name === 'courier' && !curl ? "Node's fetch" : program;
}

function sayRefused(screen: Screen, refused: readonly Refused[]): void {
  for (const { who, at, told, seen } of refused) {
    screen.tell(`${who}, at ${at}: ${told === undefined ? 'not refused' : `refused, ${told}`}; its log: ${seen ?? 'nothing'}`);
  }
}
