import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { canonicalTarget, isPlainTarget, judgedPath } from '../../src/policy/canonical-target.ts';
import { PathPattern, pathPatternShape } from '../../src/policy/path-pattern.ts';
import { TOLERANCE_NAMES, TOLERANCES, type Tolerance } from '../../src/policy/tolerance.ts';

type Outcome = { readonly path: string } | { readonly refused: string };

interface Vectors {
  readonly istio: readonly { readonly in: string; readonly strict: Outcome; readonly tolerant: Outcome }[];
  readonly own: Vectors['istio'];
  readonly tolerances: readonly { readonly in: string; readonly tolerate: readonly Tolerance[]; readonly out: Outcome }[];
}

const FILE = new URL('../../../../vectors/policy/paths.json', import.meta.url);
const VECTORS = JSON.parse(readFileSync(FILE, 'utf8')) as Vectors;

function outcome(target: string, tolerated: readonly Tolerance[] = []): Outcome {
  const canonical = canonicalTarget(target, new Set(tolerated));
  return canonical.ok ? { path: canonical.value } : { refused: canonical.refusal.code };
}

test('paths of Istio’s normalisation tests have one form, or are refused', () => {
  assert.equal(VECTORS.istio.length, 345);
  for (const { in: path, strict, tolerant } of VECTORS.istio) {
    assert.deepEqual(outcome(path), strict, path);
    assert.deepEqual(outcome(path, TOLERANCE_NAMES), tolerant, `${path}, with everything tolerated`);
  }
});

test('more paths have one form, or are refused: without a slash, absolute, with fragments, overlong, escaped twice', () => {
  for (const { in: path, strict, tolerant } of VECTORS.own) {
    assert.deepEqual(outcome(path), strict, path);
    assert.deepEqual(outcome(path, TOLERANCE_NAMES), tolerant, `${path}, with everything tolerated`);
  }
});

test('a tolerance lets through what it names, and nothing else', () => {
  assert.deepEqual(TOLERANCE_NAMES, Object.keys(TOLERANCES));
  for (const { in: path, tolerate, out } of VECTORS.tolerances) assert.deepEqual(outcome(path, tolerate), out, path);
});

const signs = fc.constantFrom(...'/.%;\\?#ab2feE5c+~\u00e9 \n'.split(''), '%2f', '%2e', '%25', '%2B', '//', '/../', '%c3%a9');
const targets = fc.array(signs, { maxLength: 12 }).map((parts) => `/${parts.join('')}`);
const tolerances = fc.subarray([...TOLERANCE_NAMES]).map((names) => new Set(names));

test('the canonical form is one: it is its own, a plain target is in it, and tolerating more changes no outcome', () => {
  fc.assert(
    fc.property(targets, tolerances, (target, tolerated) => {
      const canonical = canonicalTarget(target, tolerated);
      if (isPlainTarget(target)) assert.deepEqual(canonical, { ok: true, value: target });
      if (!canonical.ok) return;
      assert.deepEqual(canonicalTarget(canonical.value, tolerated), canonical);
      const strict = canonicalTarget(target);
      if (strict.ok) assert.deepEqual(strict, canonical);
      const path = judgedPath(canonical.value);
      if (tolerated.size === 0) assert.doesNotMatch(path, /\/\/|[\\;#?]|%(?:2F|5C|3B|00)|\/\.{1,2}(?:\/|$)/);
    }),
    { numRuns: 20_000 },
  );
});

test('what a URL parser makes of a canonical path is that path', () => {
  fc.assert(
    fc.property(targets, (target) => {
      const canonical = canonicalTarget(target);
      if (!canonical.ok) return;
      const path = canonical.value.replace(/\?.*$/s, '');
      assert.equal(new URL(`http://host${path}`).pathname, path);
    }),
    { numRuns: 20_000 },
  );
});

const PATTERNS: readonly (readonly [pattern: string, matches: readonly string[], others: readonly string[]])[] = [
  ['/', ['/'], ['/a', '*']],
  ['/a', ['/a'], ['/a/', '/A', '/ab', '/a/b', '/', '*']],
  ['/a/', ['/a/'], ['/a', '/a/b']],
  ['/a/**', ['/a', '/a/', '/a/b', '/a/b/c'], ['/ab', '/', '/b/a', '/A/b']],
  ['/**', ['/', '/a', '/a/b/'], ['*']],
  ['/*', ['/a', '/b'], ['/', '/a/', '/a/b', '*']],
  ['/a/*/c', ['/a/b/c', '/a/*/c'], ['/a/c', '/a/b/b/c', '/a/b/c/']],
  ['/a/*/**', ['/a/b', '/a/b/', '/a/b/c'], ['/a', '/a/']],
  ['/**/c', ['/c', '/a/c', '/a/b/c', '/c/c'], ['/', '/c/', '/a/c/d']],
  ['/a/**/c/**/e', ['/a/c/e', '/a/b/c/d/e', '/a/c/c/e/e'], ['/a/e/c', '/a/c', '/c/e']],
  ['/**/', ['/', '/a/', '/a/b/'], ['/a']],
  ['/a+b', ['/a+b', '/a%2Bb'], ['/a%20b']],
  ['/a%2Bb', ['/a+b', '/a%2Bb'], []],
  ['/%2A', ['/*', '/%2A'], ['/a', '/']],
  ['/%C3%A9', ['/%C3%A9'], ['/e']],
  ['/pkg.Service/Method', ['/pkg.Service/Method'], ['/pkg.Service/method', 'pkg.Service/Method']],
];

test('patterns match whole paths by segments, in both spellings of reserved marks', () => {
  for (const [pattern, matches, others] of PATTERNS) {
    const compiled = new PathPattern(pathPatternShape(pattern, ''));
    for (const path of matches) assert.ok(compiled.matches(judgedPath(path)), `${pattern} matches ${path}`);
    for (const path of others) assert.ok(!compiled.matches(judgedPath(path)), `${pattern} does not match ${path}`);
  }
});

test('what is no canonical pattern is refused', () => {
  const none = [
    '',
    'a',
    '*',
    '**',
    '//',
    '/a//b',
    '/a*',
    '/a**',
    '/***',
    '/../a',
    '/.',
    '/%41',
    '/%2b%',
    '/a?b',
    '/a#',
    '/é',
    '/a b',
    '/%c3%a9',
  ];
  for (const pattern of [...none, `/${'a'.repeat(1024)}`, null, 1, ['/a']])
    assert.throws(() => pathPatternShape(pattern, ''), String(pattern));
});

test('a pattern with many stars costs no more than pattern times path', () => {
  const compiled = new PathPattern(`/${'**/a/'.repeat(100)}b`);
  const path = `/${'a/'.repeat(4000)}c`;
  const begin = performance.now();
  assert.equal(compiled.matches(path), false);
  assert.ok(performance.now() - begin < 1000);
});
