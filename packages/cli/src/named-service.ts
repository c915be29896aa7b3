import { TargetName, ThemisError, type NamedService } from '@themis-mesh/core';
import { benchOf, trustOf } from './judge-chain.ts';
import type { Place } from './place.ts';

/**
 * Who holds a name in the app of a home, or in one that it imports.
 *
 * @throws ThemisError THEMIS_NAME_UNKNOWN, THEMIS_APP_UNSEEN
 */
export async function requireService(place: Place, name: TargetName): Promise<NamedService> {
  const trust = trustOf(await benchOf(place));
  const named = trust.serviceOf(name);
  if (named !== undefined) return named;
  const { alias } = TargetName.partsOf(name);
  const app = alias === undefined ? undefined : trust.app.charter.importByAlias(alias)?.app;
  if (app === undefined || trust.appState(app) !== undefined) throw new ThemisError('THEMIS_NAME_UNKNOWN', name);
  throw new ThemisError('THEMIS_APP_UNSEEN', `${app}, imported as ${alias ?? ''}`);
}
