import type { Json } from '../encoding/canonical-json.ts';
import { ShapeError } from '../encoding/shape.ts';
import { canonicalTarget, foldMarks } from './canonical-target.ts';
import { TOLERANCE_NAMES } from './tolerance.ts';

/** Longer patterns are refused. Characters. */
export const MAX_PATTERN_LENGTH = 1024;

/**
 * A pattern of paths: a path as it is, in which a segment `*` stands for any one segment that is not empty, and `**` for any
 * number of segments, also none. So `/a/**` is `/a` and all below. Case matters, and so does a slash at the end.
 */
export function pathPatternShape(value: Json, path: string): string {
  if (typeof value !== 'string' || value.length > MAX_PATTERN_LENGTH || readSegments(value) === undefined) {
    throw new ShapeError(path, 'a path that begins with /, in its canonical form, with * or ** as whole segments');
  }
  return value;
}

/** A pattern, ready to be held against paths. Nearly all are refused by the text that it begins with. */
export class PathPattern {
  readonly #kind: 'whole' | 'below' | 'segments';
  /** The whole path; of the others, the folder before the first star, without a slash at its end. */
  readonly #folder: string;
  readonly #inside: string;
  readonly #segments: readonly Segment[];

  /** @param pattern one that {@link pathPatternShape} took */
  constructor(pattern: string) {
    this.#segments = readSegments(pattern) ?? [ANY];
    const firstStar = this.#segments.findIndex((segment) => typeof segment !== 'string');
    const isLast = firstStar === this.#segments.length - 1;
    this.#kind = firstStar < 0 ? 'whole' : isLast && this.#segments[firstStar] === ANY ? 'below' : 'segments';
    const literals = this.#segments.slice(0, firstStar < 0 ? undefined : firstStar);
    this.#folder = literals.map((segment) => `/${String(segment)}`).join('');
    this.#inside = `${this.#folder}/`;
  }

  /** @param path as `judgedPath` gives it: it begins with a slash */
  matches(path: string): boolean {
    if (path === this.#folder) return this.#kind !== 'segments' || matchSegments(this.#segments, path.slice(1).split('/'));
    if (this.#kind === 'whole' || !path.startsWith(this.#inside)) return false;
    return this.#kind === 'below' || matchSegments(this.#segments, path.slice(1).split('/'));
  }
}

const ONE = Symbol('one segment');
const ANY = Symbol('any segments');
type Segment = string | typeof ONE | typeof ANY;

/** All tolerances: what a policy does not tolerate is refused before patterns are looked at. */
const EVERY_TOLERANCE = new Set(TOLERANCE_NAMES);

function readSegments(pattern: string): readonly Segment[] | undefined {
  if (!pattern.startsWith('/') || pattern.includes('?')) return undefined;
  const segments = pattern.slice(1).split('/').map(readSegment);
  const isWhole = segments.every((segment) => segment !== undefined);
  const hasEmpty = segments.slice(0, -1).includes('');
  return isWhole && !hasEmpty ? segments : undefined;
}

function readSegment(segment: string): Segment | undefined {
  if (segment === '*') return ONE;
  if (segment === '**') return ANY;
  if (segment.includes('*')) return undefined;
  const canonical = canonicalTarget(`/${segment}`, EVERY_TOLERANCE);
  return canonical.ok && canonical.value === `/${segment}` ? foldMarks(segment) : undefined;
}

/** On a mismatch it goes back to the last `**` alone, which is enough: at most pattern times path steps, whatever they are. */
function matchSegments(pattern: readonly Segment[], path: readonly string[]): boolean {
  let at = 0;
  let retryAt: number | undefined;
  let retryFrom = 0;
  for (let index = 0; index < path.length;) {
    const wanted = pattern[at];
    if (wanted === ANY) {
      retryAt = at += 1;
      retryFrom = index;
    } else if (wanted !== undefined && (wanted === ONE ? path[index] !== '' : path[index] === wanted)) {
      at += 1;
      index += 1;
    } else if (retryAt !== undefined) {
      at = retryAt;
      index = retryFrom += 1;
    } else {
      return false;
    }
  }
  return pattern.slice(at).every((left) => left === ANY);
}
