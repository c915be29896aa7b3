import { canonicalJson, type Json } from './canonical-json.ts';
import { fromBase64url } from './base64url.ts';

/**
 * Reads one value out of untrusted JSON, or throws {@link ShapeError}.
 * Shapes are strict: a name that is not listed is an error.
 */
export type Shape<T> = (value: Json, path: string) => T;

/** Says where in the JSON, and what was wanted there. Never leaves this package: parsers turn it into a refusal. */
export class ShapeError extends Error {
  override readonly name = 'ShapeError';
  readonly path: string;
  /** What was wanted there. */
  readonly wanted: string;

  constructor(path: string, wanted: string) {
    super(`${path === '' ? 'the statement' : path} must be ${wanted}`);
    this.path = path;
    this.wanted = wanted;
  }
}

type Fields<T> = { readonly [K in keyof T]-?: Shape<T[K]> };

/**
 * An object with exactly these fields; those made by {@link optional} may be absent. `ext` is passed over where it is
 * allowed.
 */
export function object<T extends object>(fields: Fields<T>): Shape<T> {
  const known = new Map<string, Shape<unknown>>(Object.entries(fields));
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ShapeError(path, 'an object');
    const source = value as { readonly [name: string]: Json };
    for (const name of Object.keys(source)) {
      if (!known.has(name)) throw new ShapeError(join(path, name.slice(0, 40)), 'absent: the field is unknown');
    }
    const parsed: Record<string, unknown> = {};
    for (const [name, shape] of known) {
      if (Object.hasOwn(source, name)) parsed[name] = shape(source[name] as Json, join(path, name));
      else if (!OPTIONAL.has(shape)) throw new ShapeError(join(path, name), 'present');
    }
    return Object.freeze(parsed) as T;
  };
}

const OPTIONAL = new WeakSet<Shape<unknown>>();

/** A field that may be absent. (It may not be null.) */
export function optional<T>(shape: Shape<T>): Shape<T> {
  const marked: Shape<T> = (value, path) => shape(value, path);
  OPTIONAL.add(marked);
  return marked;
}

export function array<T>(item: Shape<T>, limits: { readonly min?: number; readonly max: number }): Shape<readonly T[]> {
  const min = limits.min ?? 0;
  return (value, path) => {
    if (!Array.isArray(value)) throw new ShapeError(path, 'an array');
    if (value.length < min || value.length > limits.max) throw new ShapeError(path, `an array of ${min} to ${limits.max}`);
    return Object.freeze(value.map((entry: Json, index) => item(entry, `${path}[${index}]`)));
  };
}

/** A map of names to values of one shape. */
export function record<T>(name: RegExp, item: Shape<T>, max: number): Shape<ReadonlyMap<string, T>> {
  return (value, path) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ShapeError(path, 'an object');
    const entries = Object.entries(value as { readonly [name: string]: Json });
    if (entries.length > max) throw new ShapeError(path, `an object of at most ${max} names`);
    return new Map(
      entries.map(([key, entry]) => {
        if (!name.test(key)) throw new ShapeError(join(path, key.slice(0, 40)), `named by ${name.source}`);
        return [key, item(entry, join(path, key))];
      }),
    );
  };
}

export function integer(min: number, max: number): Shape<number> {
  return (value, path) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
      throw new ShapeError(path, `an integer from ${min} to ${max}`);
    }
    return value;
  };
}

export function text(pattern: RegExp, wanted: string): Shape<string> {
  return (value, path) => {
    if (typeof value !== 'string' || !pattern.test(value)) throw new ShapeError(path, wanted);
    return value;
  };
}

export function literal<const T extends string | number | boolean>(wanted: T): Shape<T> {
  return (value, path) => {
    if (value !== wanted) throw new ShapeError(path, JSON.stringify(wanted));
    return wanted;
  };
}

export function oneOf<const T extends string>(...wanted: readonly T[]): Shape<T> {
  return (value, path) => {
    const found = wanted.find((choice) => choice === value);
    if (found === undefined) throw new ShapeError(path, `one of ${wanted.join(', ')}`);
    return found;
  };
}

export function base64url(min: number, max: number): Shape<Uint8Array> {
  return (value, path) => {
    const bytes = typeof value === 'string' ? fromBase64url(value) : undefined;
    if (bytes === undefined || bytes.length < min || bytes.length > max) {
      throw new ShapeError(path, `unpadded base64url of ${min} to ${max} bytes`);
    }
    return bytes;
  };
}

/** What a newer release may add and an older one passes over: any object of at most 4 KiB. */
export const extension: Shape<Json> = (value, path) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Buffer.byteLength(canonicalJson(value)) > 4096) {
    throw new ShapeError(path, 'an object of at most 4 KiB');
  }
  return value;
};

/** Seconds since 1970, from 2020-01-01 to 9999-12-31: the range in which X.509 dates and sums of them stay exact. */
export const time: Shape<number> = integer(1_577_836_800, 253_402_300_799);

/** A SHA-256 digest or RFC 7638 thumbprint: 43 characters of base64url. */
export const digest: Shape<string> = (value, path) => {
  if (typeof value !== 'string' || value.length !== 43 || fromBase64url(value) === undefined) {
    throw new ShapeError(path, 'a SHA-256 digest in base64url');
  }
  return value;
};

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
