import { EventEmitter } from 'node:events';
import { DirectoryReader, openFileDirectory } from '@themis-mesh/directory';
import { isTurnedByNews, Trust, type AppState, type ThemisError } from '@themis-mesh/core';
import { requireSafeEnvironment, systemClock, type RefusedConnection } from '@themis-mesh/channel';
import { Home, StoredApps, StoredHistories } from '@themis-mesh/storage';
import { randomFraction } from './chance.ts';
import { environmentHome, environmentSealing } from './environment.ts';
import { Balancer } from './find/balancer.ts';
import { Dialer } from './find/dialer.ts';
import { ChannelAgent } from './http/channel-agent.ts';
import type { JoinOptions } from './join-options.ts';
import { LocalIssuer } from './leaf/leaf-issuer.ts';
import { RotatingCredentials } from './leaf/rotating-credentials.ts';
import { MeshNode } from './mesh-node.ts';
import type { Mesh, MeshEvents } from './mesh.ts';
import { readOptions } from './read-options.ts';
import { Admission } from './world/admission.ts';
import { DirectoryTargets } from './world/directory-targets.ts';
import { firstState } from './world/first-state.ts';
import { Listeners } from './world/listeners.ts';
import { News } from './world/news.ts';
import { OwnIdentity } from './world/own-identity.ts';
import { Presence } from './world/presence.ts';

/**
 * Makes this process an instance of a service.
 *
 * Everything comes from the home: the service's keys, the app pinned, what was seen before. The directory is asked for what
 * is new; where it does not answer, what was seen before serves.
 *
 * @throws ThemisError
 * - `THEMIS_CONFIG_INVALID`, `THEMIS_NAME_INVALID`: the options, all mistakes together
 * - `THEMIS_HOME_MISSING`, `THEMIS_IDENTITY_MISSING`, `THEMIS_HOME_FOREIGN`, and those of reading private files
 * - `THEMIS_MEMBERSHIP_ENDED`; `THEMIS_DIRECTORY_UNAVAILABLE` where no charter was ever seen
 * - `THEMIS_TLS_UNSAFE`: the environment switches certificate checks off
 */
export async function join(options: JoinOptions): Promise<Mesh> {
  requireSafeEnvironment();
  const { name, instance, leafSeconds, policy } = readOptions(options);
  const clock = options.clock ?? systemClock;
  const now = (): number => Math.floor(clock.now() / 1000);
  const events = new EventEmitter<MeshEvents>();

  const { anchor, home, sealing, seen, apps } = await openHome(options.home ?? environmentHome(), (error) => {
    events.emit('alarm', { refusal: error.refusal ?? { code: 'history-forked', detail: error.message } });
  });
  const identity = await OwnIdentity.open(home.service(name).identity, name, anchor.app, sealing);
  const directory = options.directory ?? openFileDirectory({ folder: home.directory, alarms: home.alarms, app: anchor.app, now });
  const reader = new DirectoryReader({ directory, remembered: (id) => seen.get(id), now });
  const app = await firstState(anchor, apps.get(anchor.app), reader);
  apps.remember(app);
  const trust = new Trust({ app, seen, strict: options.strict ?? false });

  const credentials = await RotatingCredentials.start({
    issuer: new LocalIssuer({ keys: () => identity.keys(), instance, ttl: leafSeconds }),
    clock,
    chance: randomFraction,
    onFailure: (error, left) => events.emit('renewal-failed', { error, left }),
  });
  credentials.onChange(({ serial, notAfter }) => events.emit('renewed', { serial, notAfter }));

  const takeNews = (state: AppState): void => {
    apps.remember(state);
    listeners.judgeAgain();
    dialer.judgeAgain();
    events.emit('charter', { sequence: state.charter.sequence.join('.') });
  };
  const news = new News({
    app: anchor.app,
    trust,
    reader,
    directory,
    clock,
    onNews: takeNews,
    onAlarm: (refusal) => events.emit('alarm', { refusal }),
  });

  const targets = new DirectoryTargets({ trust, reader, directory, clock, refreshApp: () => news.refresh() });
  const balancer = new Balancer(randomFraction, () => clock.now());
  const dialer = new Dialer({
    targets,
    credentials,
    authenticator: trust,
    balancer,
    clock,
    onFailure: (service, target, error) => events.emit('dial-failed', { service, instance: target.instance, error }),
  });
  const agent = new ChannelAgent(dialer, identity.id, {});

  const onFailure = (error: unknown): boolean => events.emit('directory-failed', { error });
  const presence = new Presence({ app: anchor.app, id: identity.id, name, instance, directory, credentials, clock, onFailure });
  const admission = new Admission(name, () => trust.app.charter, policy);
  const onRefused = (refused: RefusedConnection): void => {
    events.emit('refused', refused);
    if (isTurnedByNews(refused.refusal.code)) void news.refresh();
  };
  const base = { credentials, authenticator: trust, authorize: admission.authorize, onRefused, limits: options.limits ?? {} };
  const listeners = new Listeners({ base, presence, clock, advertise: options.advertise });

  const release = async (): Promise<void> => {
    for (const part of [news, targets, presence, credentials]) part.close();
    if (directory !== options.directory) await directory[Symbol.asyncDispose]();
    await Promise.all([seen.flush(), apps.flush()]);
  };
  await news.start();
  return new MeshNode({
    id: identity.id,
    name,
    instance,
    trust,
    credentials,
    dialer,
    agent,
    listeners,
    admission,
    events,
    release,
  });
}

async function openHome(root: string, onTrouble: (error: ThemisError) => void) {
  const home = await Home.open(root);
  const { anchor } = await home.app();
  const [sealing, seen, apps] = await Promise.all([
    environmentSealing(),
    StoredHistories.open(home.seen, { alarms: home.alarms, onTrouble }),
    StoredApps.open(home.apps, { alarms: home.alarms, onTrouble }),
  ]);
  return { home, anchor, sealing, seen, apps };
}
