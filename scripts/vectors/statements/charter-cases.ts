import { type AppState } from '../../../packages/core/src/app/app-state.ts';
import { type Json } from '../../../packages/core/src/encoding/canonical-json.ts';
import { bundleBytes } from '../../../packages/core/src/statement/bundle.ts';
import { memberOf, named, newApp, type OwnedApp } from '../../../packages/core/test/builders/apps.ts';
import { newIdentity, NOW } from '../../../packages/core/test/builders/identities.ts';
import { encoded } from './case.ts';

export async function fullApp(): Promise<OwnedApp> {
  const [orders, payments, gone, admitter, clock, other] = await Promise.all(Array.from({ length: 6 }, () => newIdentity()));
  if (!orders || !payments || !gone || !admitter || !clock || !other) throw new TypeError('six identities');
  const point = ({ history }: typeof orders): { readonly id: typeof history.id; readonly min: typeof history.point } => ({
    id: history.id,
    min: history.point,
  });
  return newApp({
    members: [
      {
        ...memberOf('orders', orders),
        labels: new Map([
          ['tier', 'web'],
          ['version', '1.2.3'],
        ]),
        ext: { note: 'a' },
      },
      { ...memberOf('payments', payments), nodes: { count: 2, salt: Buffer.alloc(16, 1) } },
    ],
    removed: [{ id: gone.history.id, until: NOW + 86_400 }],
    admitters: [{ ...point(admitter), names: ['job-*', 'cron'], attestations: ['oidc'], maxTtl: 3600 }],
    timekeepers: [point(clock)],
    imports: [{ alias: named('billing'), app: other.history.id, min: other.history.point }],
    policies: [
      { name: named('money'), services: [named('payments')], policy: { default: 'deny-all', allow: [named('orders')] } },
    ],
  });
}

export function input(state: AppState, charter: Uint8Array, now = NOW): Json {
  return { bytes: encoded(bundleBytes('charter', { statement: charter, history: state.history.wires })), now };
}
