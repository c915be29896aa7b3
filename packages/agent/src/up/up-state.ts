import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, parseCanonicalJson, shape, ThemisError, type Json } from '@themis-mesh/core';
import {
  ensurePrivateFolder,
  livenessOf,
  ownMark,
  parseMark,
  readBounded,
  showMark,
  withLock,
  writeAtomically,
  type Home,
} from '@themis-mesh/storage';

/** What one instance of a service does, for whoever asks from outside. */
export interface InstanceStatus {
  readonly service: string;
  /** Counted from 1. */
  readonly replica: number;
  readonly state: 'waiting' | 'starting' | 'ready' | 'backing-off' | 'stopping' | 'ended';
  readonly restarts: number;
  /** The sidecar's process, or the program's own where it is in the mesh by itself. */
  readonly pid?: number;
  /** The program's process, behind its sidecar. */
  readonly app?: number;
  /** The plain port of the program. */
  readonly port?: number;
  /** Where its sidecar listens to the mesh, to callers outside, to its program, and to who reads its metrics. */
  readonly mesh?: number;
  readonly ingress?: number;
  readonly proxy?: number;
  readonly metrics?: number;
}

/** What an `up` does: the content of `run/up.json`. */
export interface UpStatus {
  readonly pid: number;
  /** The configuration, by its full path. */
  readonly file: string;
  /** Seconds since 1970. */
  readonly since: number;
  readonly instances: readonly InstanceStatus[];
}

interface Body extends Omit<UpStatus, 'pid'> {
  readonly v: 1;
  readonly process: string;
}

const MAX_BYTES = 1_048_576;

const port = shape.integer(1, 65_535);
const pid = shape.integer(1, 2 ** 31);
const anyText = shape.text(/^[^]{1,4096}$/, 'a text');

const bodyShape: shape.Shape<Body> = shape.object<Body>({
  v: shape.literal(1),
  process: anyText,
  file: anyText,
  since: shape.time,
  instances: shape.array(
    shape.object<InstanceStatus>({
      service: anyText,
      replica: shape.integer(1, 1000),
      state: shape.oneOf('waiting', 'starting', 'ready', 'backing-off', 'stopping', 'ended'),
      restarts: shape.integer(0, 2 ** 31),
      pid: shape.optional(pid),
      app: shape.optional(pid),
      port: shape.optional(port),
      mesh: shape.optional(port),
      ingress: shape.optional(port),
      proxy: shape.optional(port),
      metrics: shape.optional(port),
    }),
    { max: 10_000 },
  ),
});

/** @returns what an `up` for this home does now; undefined where none runs */
export async function readUpStatus(home: Home): Promise<UpStatus | undefined> {
  const body = await readBody(pathIn(home));
  const mark = body === undefined ? undefined : parseMark(body.process);
  if (body === undefined || mark === undefined || livenessOf(mark) !== 'alive') return undefined;
  const { file, since, instances } = body;
  return { pid: mark.pid, file, since, instances };
}

/** @throws ThemisError THEMIS_ALREADY_RUNNING */
export async function requireNoOther(home: Home): Promise<void> {
  const other = await readUpStatus(home);
  if (other !== undefined) throw new ThemisError('THEMIS_ALREADY_RUNNING', `process ${other.pid}, with ${other.file}`);
}

/** The place of one `up` among those of its home: there is one at a time. */
export class UpPlace {
  readonly #path: string;
  #latest: Json | undefined;
  #writing: Promise<void> | undefined;

  private constructor(path: string) {
    this.#path = path;
  }

  /** @throws ThemisError THEMIS_ALREADY_RUNNING */
  static async take(home: Home, file: string, since: number): Promise<UpPlace> {
    await ensurePrivateFolder(home.run);
    const place = new UpPlace(pathIn(home));
    await withLock(place.#path, async () => {
      await requireNoOther(home);
      await writeAtomically(place.#path, Buffer.from(canonicalJson(bodyOf(file, since, []))));
    });
    return place;
  }

  /** Tells how it stands. Of several in a row the last is written. */
  async tell(file: string, since: number, instances: readonly InstanceStatus[]): Promise<void> {
    this.#latest = bodyOf(file, since, instances);
    this.#writing ??= this.#write();
    await this.#writing;
  }

  async leave(): Promise<void> {
    await this.#writing;
    await rm(this.#path, { force: true });
  }

  async #write(): Promise<void> {
    try {
      for (let body = this.#latest; body !== undefined; body = this.#latest) {
        this.#latest = undefined;
        await writeAtomically(this.#path, Buffer.from(canonicalJson(body)));
      }
    } finally {
      this.#writing = undefined;
    }
  }
}

function bodyOf(file: string, since: number, instances: readonly InstanceStatus[]): Json {
  return { v: 1, process: showMark(ownMark()), file, since, instances: instances.map((instance) => ({ ...instance })) };
}

function pathIn(home: Home): string {
  return join(home.run, 'up.json');
}

/** What cannot be read is nobody's: an `up` that runs writes it anew. */
async function readBody(path: string): Promise<Body | undefined> {
  const bytes = await readBounded(path, MAX_BYTES);
  const json = bytes === undefined ? undefined : parseCanonicalJson(bytes);
  try {
    return json === undefined ? undefined : bodyShape(json, '');
  } catch (error) {
    if (error instanceof shape.ShapeError) return undefined;
    throw error;
  }
}
