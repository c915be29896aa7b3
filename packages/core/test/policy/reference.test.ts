import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Caller } from '../../src/policy/caller.ts';
import { CallerPolicies, type RequestHead } from '../../src/policy/caller-policies.ts';
import { CompiledPolicies, type NamedPolicy } from '../../src/policy/compiled-policies.ts';
import { canonicalTarget, judgedPath } from '../../src/policy/canonical-target.ts';
import { explain } from '../../src/policy/explain.ts';
import { policyJson } from '../../src/policy/policy.ts';
import { callerNamed, policyOf } from './small-world.ts';
import { callers, policies, requests } from './random-policies.ts';
import { referenceConnection, referenceDecision, type ReferenceDecision } from './reference.ts';

const PAIRS = 200_000;
const PAIRS_OF_ONE_POLICY = 20;

function decisionOf(own: CallerPolicies, request: RequestHead): ReferenceDecision {
  const { decision } = own.request(request);
  const { policy, rule, audit } = decision;
  const isUnjudged = !decision.allowed && ['path', 'method', 'headers'].includes(rule) && decision.because.endsWith('-ambiguous');
  return {
    verdict: decision.allowed ? 'allowed' : decision.because,
    by: isUnjudged ? rule : `${policy}:${rule}`,
    audit: audit === undefined ? undefined : `${audit.policy}:${audit.rule}`,
  };
}

test(`${PAIRS} random policies and requests: the evaluator says what the reference says`, () => {
  const seen = new Map<string, number>();
  const asked = fc.array(fc.tuple(callers, requests), { minLength: PAIRS_OF_ONE_POLICY, maxLength: PAIRS_OF_ONE_POLICY });
  fc.assert(
    fc.property(policies, asked, (list, pairs) => {
      const all = new CompiledPolicies(list);
      for (const [caller, request] of pairs) {
        const own = new CallerPolicies(all, caller);
        const decision = decisionOf(own, request);
        const connects = own.connection.allowed;
        const wanted = { ...referenceDecision(caller, request, list), connects: referenceConnection(caller, list) };
        const isAsWanted = decision.verdict === wanted.verdict && decision.by === wanted.by && decision.audit === wanted.audit;
        if (!isAsWanted || connects !== wanted.connects)
          assert.deepEqual({ ...decision, connects }, wanted, told(list, caller, request));
        if (decision.verdict === 'allowed') assert.ok(connects);
        seen.set(decision.verdict, (seen.get(decision.verdict) ?? 0) + 1);
      }
    }),
    { numRuns: PAIRS / PAIRS_OF_ONE_POLICY },
  );
  // Otherwise the pairs would say little.
  for (const [verdict, count] of seen) assert.ok(count > PAIRS / 1000, `${verdict}: ${count}`);
  assert.equal(seen.size, 9);
});

test('what explains says what decides', () => {
  fc.assert(
    fc.property(policies, callers, requests, (list, caller, request) => {
      const { connection, judgement, policies: told } = explain(caller, request, list);
      const own = new CallerPolicies(new CompiledPolicies(list), caller);
      assert.deepEqual([connection, judgement], [own.connection, own.request(request)]);
      const { decision } = judgement;
      const rule = told.find(({ name }) => name === decision.policy)?.rules.find((each) => each.rule.name === decision.rule);
      if (rule !== undefined) assert.ok(rule.matches);
    }),
    { numRuns: 5000 },
  );
});

function told(list: readonly NamedPolicy[], caller: Caller, request: RequestHead): string {
  return JSON.stringify([list.map(({ policy }) => policyJson(policy)), { ...caller, labels: [...caller.labels] }, request]);
}

/** A world small enough to be seen whole. */
const CONDITIONS: readonly object[] = [{}, { services: ['a'] }, { methods: ['GET'] }, { services: ['b'], paths: ['/x/**'] }];
const KINDS: readonly object[] = [{ action: 'allow' }, { action: 'deny' }, { action: 'deny', mode: 'audit' }];
const RULES = KINDS.flatMap((kind) => CONDITIONS.map((conditions) => ({ ...kind, ...conditions })));
const NUMBERS = [...RULES.keys()];

test('all policies of up to 3 rules over a small world: the evaluator says what the reference says', () => {
  const callersHere = [callerNamed('a'), callerNamed('b'), callerNamed(undefined)];
  const requestsHere = ['GET', 'POST'].flatMap((method) => ['/x', '/y'].map((path) => ({ method, path, headers: [] })));
  const lists = [[], ...NUMBERS.map((one) => [one]), ...NUMBERS.flatMap((one) => NUMBERS.map((two) => [one, two]))];
  const triples = NUMBERS.flatMap((one) => NUMBERS.flatMap((two) => NUMBERS.map((three) => [one, two, three])));
  let count = 0;
  for (const numbers of [...lists, ...triples]) {
    const rules = numbers.map((number, index) => ({ name: `r${index}`, ...RULES[number] }));
    for (const fallback of ['members', 'authenticated', 'deny-all']) {
      for (const allow of [[], ['a']]) {
        const list = [policyOf({ default: fallback, allow, rules })];
        const all = new CompiledPolicies(list);
        for (const caller of callersHere) {
          const own = new CallerPolicies(all, caller);
          assert.equal(own.connection.allowed, referenceConnection(caller, list));
          for (const request of requestsHere) {
            assert.deepEqual(
              decisionOf(own, request),
              referenceDecision(caller, request, list),
              JSON.stringify([rules, fallback, allow, caller.name, request]),
            );
            count += 1;
          }
        }
      }
    }
  }
  assert.equal(count, (1 + 12 + 12 ** 2 + 12 ** 3) * 3 * 2 * 3 * 4);
});

test('the path that is judged is the path that is served, whatever is tolerated', () => {
  fc.assert(
    fc.property(policies, callers, requests, (list, caller, request) => {
      const all = new CompiledPolicies(list);
      const { decision, path } = new CallerPolicies(all, caller).request(request);
      // A tunnel has no path.
      if (!decision.allowed || path === 'a:443') return;
      assert.deepEqual(canonicalTarget(path, all.tolerated), { ok: true, value: path });
      const again = new CallerPolicies(all, caller).request({ ...request, path });
      assert.deepEqual(again, { decision, path });
      assert.ok(judgedPath(path).startsWith('/') || path === '*');
    }),
    { numRuns: 5000 },
  );
});
