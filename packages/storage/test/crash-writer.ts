// Makes identities and rotates them, and remembers their histories, as fast as it can, until it is killed.
import { join } from 'node:path';
import { StoredHistories } from '@themis-mesh/storage';
import { createOrders, placeIn, rotateOnce } from './identities.ts';

const [folder = '', passphrase] = process.argv.slice(2);
const seen = await StoredHistories.open(join(folder, 'seen'), { alarms: join(folder, 'alarms') });

for (let generation = 0; ; generation += 1) {
  const place = placeIn(join(folder, `svc-${generation}`), passphrase === undefined ? undefined : Buffer.from(passphrase));
  const held = await place.identity.readPublic();
  let { history } = held ?? (await createOrders(place));
  for (;;) {
    console.log(`written ${generation} ${history.id} ${history.seq}`);
    await seen.keep(history);
    console.log(`remembered ${generation} ${history.id} ${history.seq}`);
    if (history.seq === 15) break;
    ({ history } = await rotateOnce(place));
  }
}
