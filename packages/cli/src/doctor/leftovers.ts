import { readdir } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { isTemporary, livenessOf, parseMark, readBounded, readForkProofs } from '@themis-mesh/storage';
import { finding, findingOf, type Finding } from './finding.ts';
import type { Patient } from './patient.ts';

/** A lock is two short lines. */
const MAX_LOCK_BYTES = 4096;

/** Locks and unfinished files of processes that are gone. */
export async function checkLeftovers({ place: { home } }: Patient): Promise<readonly Finding[]> {
  const entries = await readdir(home.root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => ({ path: join(parentPath, name), name }));
  const findings: Finding[] = [];
  for (const { path, name } of files) {
    const shown = relative(home.root, path);
    if (isTemporary(name) && isOfDeadProcess(name.replace(/^\.themis-/, '').replace(/-[0-9a-f]{16}\.tmp$/, ''))) {
      findings.push(finding('temporary-left', shown));
    }
    if (name.endsWith('.lock') && isOfDeadProcess(await firstLine(path))) findings.push(finding('lock-left', shown));
  }
  return findings;
}

/** Proofs that keys are in two hands. */
export async function checkForks({ place: { home } }: Patient): Promise<readonly Finding[]> {
  try {
    const proofs = await readForkProofs(home.alarms);
    return proofs.map(({ kind, id }) => finding('fork-seen', `${kind} of ${id}, in ${home.alarms}`));
  } catch (error) {
    return [findingOf(error)];
  }
}

function isOfDeadProcess(text: string): boolean {
  const mark = parseMark(text);
  return mark !== undefined && livenessOf(mark) === 'dead';
}

/** Empty where the lock was let go meanwhile. */
async function firstLine(path: string): Promise<string> {
  const bytes = await readBounded(path, MAX_LOCK_BYTES).catch(() => undefined);
  return (
    Buffer.from(bytes ?? [])
      .toString('latin1')
      .split('\n')[0] ?? ''
  );
}
