import { requireSafeEnvironment } from '@themis-mesh/channel';
import { TargetName, type Refusal, type RefusalCode } from '@themis-mesh/core';
import { Announcer } from './announcer.ts';
import { randomFraction } from './chance.ts';
import { openGround, type Ground } from './ground.ts';
import { Incoming } from './incoming.ts';
import type { JoinOptions } from './join-options.ts';
import { watchKeys } from './leaf/keys-watch.ts';
import { LocalIssuer } from './leaf/leaf-issuer.ts';
import { RotatingCredentials } from './leaf/rotating-credentials.ts';
import { MeshNode } from './mesh-node.ts';
import type { Mesh } from './mesh.ts';
import { expectNode } from './nodes/expect-node.ts';
import { Observation } from './observe/observation.ts';
import { Outgoing } from './outgoing.ts';
import { readOptions, type ResolvedOptions } from './read-options.ts';
import { startTraffic } from './traffic/start-traffic.ts';
import { requireAdmitted } from './world/first-state.ts';
import { ImportsNews } from './world/imports-news.ts';
import { News } from './world/news.ts';
import { watchful } from './world/watchful.ts';

/**
 * Makes this process an instance of a service.
 *
 * Everything comes from the home: the service's keys, the app pinned, what was seen before. The directory is asked for what
 * is new; where it does not answer, what was seen before serves.
 *
 * @throws ThemisError
 * - `THEMIS_CONFIG_INVALID`, `THEMIS_NAME_INVALID`: the options, all mistakes together
 * - `THEMIS_HOME_MISSING`, `THEMIS_IDENTITY_MISSING`, `THEMIS_HOME_FOREIGN`, and those of reading private files
 * - `THEMIS_TRAFFIC_INVALID`: the traffic rules, given or in the file that the environment names
 * - `THEMIS_MEMBERSHIP_ENDED`; `THEMIS_DIRECTORY_UNAVAILABLE` where no charter was ever seen
 * - `THEMIS_TLS_UNSAFE`: the environment switches certificate checks off
 */
export async function join(options: JoinOptions): Promise<Mesh> {
  requireSafeEnvironment();
  const resolved = readOptions(options);
  const { name, instance, clock, port } = resolved;
  const announcer = new Announcer();
  // Closed in the reverse order: by the mesh, or here, where something fails on the way.
  await using parts = new AsyncDisposableStack();

  const ground = parts.use(await openGround(resolved, announcer));
  const { identity, trust } = ground;
  requireAdmitted(identity, trust.app);
  const self = { name, id: identity.id, instance };
  const observation = parts.use(await Observation.open({ self, observe: resolved.observe, trust, announcer, clock }));
  const credentials = parts.use(await startCredentials(ground, resolved, announcer));
  parts.use(watchKeys(identity, credentials, clock));

  const judgeAgain = (): void => {
    incoming.judgeAgain();
    outgoing.judgeAgain();
  };
  const news: News = parts.use(
    new News({
      ...{ app: ground.app, trust, reader: ground.reader, directory: ground.directory, clock },
      peers: () => [...incoming.peers(), ...outgoing.peers()],
      onCharter: () => {
        ground.rememberApp();
        judgeAgain();
        imports.follow();
        announcer.tell('charter', { sequence: trust.app.charter.sequence.join('.') });
        const isRemoved = trust.app.charter.removes(identity.id);
        if (isRemoved) announcer.tell('alarm', { refusal: REMOVED });
      },
      onKeys: judgeAgain,
      onAlarm: (refusal) => announcer.tell('alarm', { refusal }),
      onUnavailable: (error) => announcer.tell('directory-failed', { error }),
    }),
  );
  const imports: ImportsNews = parts.use(
    new ImportsNews({
      ...{ trust, readerOf: ground.readerOf, directory: ground.directory, clock },
      onCharter: (alias, sequence) => {
        judgeAgain();
        announcer.tell('charter', { alias, sequence });
      },
      onAlarm: (refusal) => announcer.tell('alarm', { refusal }),
      onUnavailable: (error) => announcer.tell('directory-failed', { error }),
    }),
  );
  const hint = (code: RefusalCode): void => {
    news.hint(code);
    imports.hint(code);
  };
  const refreshApp = async (name: TargetName): Promise<void> => {
    await news.refresh();
    await imports.refresh(TargetName.partsOf(name).alias);
  };
  const authenticator = watchful(trust, { onKeys: judgeAgain, onBehind: () => hint('membership-unconfirmed') });
  const base = { ground, credentials, options: resolved, announcer, authenticator, observation };
  const outgoing: Outgoing = parts.use(new Outgoing({ ...base, refreshApp }));
  // Closed after what tells the directory that this instance is gone, and before the channels that it needs for that.
  const nodeLinks = ground.nodeLinks === undefined ? undefined : parts.use(ground.nodeLinks);
  nodeLinks?.attach({ meet: (meeting) => outgoing.meet(meeting), expect: expectNode(trust), clock });
  const incoming: Incoming = parts.use(new Incoming({ ...base, onRefused: ({ refusal }) => hint(refusal.code) }));
  const channels = { inbound: () => incoming.peers(), outbound: () => outgoing.peers() };
  observation.watch(credentials, channels);
  news.start();
  imports.follow();
  const lanesAndGate = { lanes: outgoing.lanes, gate: incoming.doorkeeper.gate };
  const traffic = parts.use(await startTraffic({ ...lanesAndGate, ground, options: resolved, announcer })).control;
  const { id } = identity;
  return new MeshNode({
    id,
    name,
    instance,
    trust,
    credentials,
    outgoing,
    incoming,
    announcer,
    traffic,
    observation,
    port,
    parts: parts.move(),
  });
}

const REMOVED: Refusal = { code: 'member-removed', detail: 'this service' };

async function startCredentials(
  { identity }: Ground,
  { instance, leafSeconds, clock }: ResolvedOptions,
  announcer: Announcer,
): Promise<RotatingCredentials> {
  const credentials = await RotatingCredentials.start({
    issuer: new LocalIssuer({ keys: () => identity.keys(), instance, ttl: leafSeconds }),
    clock,
    chance: randomFraction,
    onFailure: (error, left) => announcer.tell('renewal-failed', { error, left }),
  });
  credentials.onChange(({ serial, notAfter }) => announcer.tell('renewed', { serial, notAfter }));
  return credentials;
}
