import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalJsonVectors } from './statements/canonical-json.ts';
import { charterVectors } from './statements/charters.ts';
import { headVectors } from './statements/heads.ts';
import { historyVectors } from './statements/histories.ts';
import { joinRequestVectors } from './statements/join-requests.ts';
import { jwsVectors } from './statements/jws.ts';
import { membershipVectors } from './statements/memberships.ts';
import { recordVectors } from './statements/records.ts';

// With new keys at each run: the private ones are never written.
const files = {
  'canonical-json': canonicalJsonVectors(),
  'jws': await jwsVectors(),
  'histories': await historyVectors(),
  'charters': await charterVectors(),
  'memberships': await membershipVectors(),
  'heads': await headVectors(),
  'records': await recordVectors(),
  'join-requests': await joinRequestVectors(),
};

const folder = join(import.meta.dirname, '../../vectors/statements');
mkdirSync(folder, { recursive: true });
for (const [name, file] of Object.entries(files))
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(file, null, 2)}\n`);
