import { stat } from 'node:fs/promises';
import { ThemisError, type TrafficTable } from '@themis-mesh/core';
import type { Clock } from '@themis-mesh/channel';
import { readBounded } from '@themis-mesh/storage';
import { Repeat } from '../world/repeat.ts';
import { requireTraffic } from './traffic-control.ts';

/** How often the file is looked at. A look is one call of `stat`. */
const LOOK_MS = 500;

/** No table is larger. Bytes. */
const MOST_BYTES = 1_048_576;

/** @throws ThemisError `THEMIS_TRAFFIC_INVALID`, `THEMIS_FILE_MISSING`, and others of reading a file */
export async function readTrafficFile(path: string): Promise<TrafficTable> {
  const bytes = await readBounded(path, MOST_BYTES);
  if (bytes === undefined) throw new ThemisError('THEMIS_FILE_MISSING', path);
  return requireTraffic(parse(bytes, path));
}

export interface TrafficFileWatch {
  readonly path: string;
  readonly clock: Clock;
  readonly onTable: (table: TrafficTable) => void;
  /** The file was replaced by one that is not taken. */
  readonly onInvalid: (error: unknown) => void;
}

/** Reads the file again whenever it was replaced. */
export async function watchTrafficFile({ path, clock, onTable, onInvalid }: TrafficFileWatch): Promise<Disposable> {
  let seen = await versionOf(path);
  const look = async (): Promise<void> => {
    const version = await versionOf(path);
    if (version === seen) return;
    seen = version;
    try {
      onTable(await readTrafficFile(path));
    } catch (error) {
      onInvalid(error);
    }
  };
  const looks = new Repeat(clock, async () => {
    await look();
    return LOOK_MS;
  });
  void looks.now();
  return looks;
}

function parse(bytes: Uint8Array, path: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown;
  } catch (cause) {
    throw new ThemisError('THEMIS_TRAFFIC_INVALID', `${path} is no JSON`, { cause });
  }
}

async function versionOf(path: string): Promise<string> {
  try {
    const { ino, mtimeMs, size } = await stat(path);
    return `${ino} ${mtimeMs} ${size}`;
  } catch {
    return '';
  }
}
