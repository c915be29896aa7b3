import { readImports } from '@themis-mesh/owner';
import { showMoment } from '../output/times.ts';
import { finding, type Finding } from './finding.ts';
import type { Patient } from './patient.ts';

/** Whether the apps that are imported are known, and go as far as was pinned. */
export async function checkImports({ app, place }: Patient): Promise<readonly Finding[]> {
  const { now } = place;
  const imports = await readImports(place, app);
  return imports.flatMap(({ entry: { alias, app: id }, state, refusal }) => {
    const findings: Finding[] = [];
    if (refusal !== undefined) findings.push(finding('import-refused', `${alias}: ${refusal.code} (${refusal.detail})`));
    else if (state === undefined) findings.push(finding('import-unseen', `${alias}, ${id}`));
    const exp = state?.charter.claims.exp ?? Infinity;
    if (exp <= now) findings.push(finding('import-ended', `${alias}, ${showMoment(exp, now)}`));
    return findings;
  });
}
