import { ThemisError, type TrafficTable } from '@themis-mesh/core';
import type { Announcer } from '../announcer.ts';
import { environmentTrafficFile } from '../environment.ts';
import type { Ground } from '../ground.ts';
import type { ResolvedOptions } from '../read-options.ts';
import { ServiceNotice } from '../world/service-notice.ts';
import type { Gate } from './gate.ts';
import type { Lanes } from './lanes.ts';
import { requireTraffic, TrafficControl } from './traffic-control.ts';
import { readTrafficFile, watchTrafficFile } from './traffic-file.ts';

export interface TrafficParts {
  readonly lanes: Lanes;
  readonly gate: Gate;
  readonly ground: Ground;
  readonly options: ResolvedOptions;
  readonly announcer: Announcer;
}

/**
 * Puts the rules in force that a process begins with: those that the program gives, else those in the file that the environment
 * names, which is then read again whenever it is replaced.
 *
 * @throws ThemisError `THEMIS_TRAFFIC_INVALID`, and those of reading a file
 */
export async function startTraffic({
  lanes,
  gate,
  ground,
  options,
  announcer,
}: TrafficParts): Promise<Disposable & { readonly control: TrafficControl }> {
  const { app, identity, directory, reader } = ground;
  const { name, clock } = options;
  using parts = new DisposableStack();
  const notice = parts.use(
    new ServiceNotice({
      ...{ app, id: identity.id, name, keys: () => identity.keys(), directory, reader, clock },
      onFailure: (error) => announcer.tell('directory-failed', { error }),
    }),
  );
  const control = new TrafficControl({ name, lanes, gate, onOwn: (own) => notice.say(own) });
  const file = options.traffic === undefined ? environmentTrafficFile() : undefined;
  if (options.traffic !== undefined) control.table = requireTraffic(options.traffic);
  if (file !== undefined) {
    control.table = await readTrafficFile(file);
    const onTable = (table: TrafficTable): void => {
      control.table = table;
      announcer.tell('traffic', { by: 'file' });
    };
    const onInvalid = (cause: unknown): void => {
      const error = ThemisError.is(cause) ? cause : new ThemisError('THEMIS_TRAFFIC_INVALID', file, { cause });
      announcer.tell('traffic-refused', { error });
    };
    parts.use(await watchTrafficFile({ path: file, clock, onTable, onInvalid }));
  }
  const rest = parts.move();
  return { control, [Symbol.dispose]: () => rest.dispose() };
}
