import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CERTIFICATE_REFUSALS, KnownIdentities, verifyChain, verifyLeafUnder } from '../../src/index.ts';
import { build, identitySpec, leafSpec, makeWorld } from './chain-builder.ts';

const NOW = 1_800_000_000;
const world = await makeWorld(NOW);
const CHAIN = [build(leafSpec(world)), build(identitySpec(world.service))] as const;

/** Refused: there is no byte in a chain that may be another one. */
function assertRefused(chain: readonly Uint8Array[]): void {
  const verdict = verifyChain(chain, { now: NOW });
  assert.equal(verdict.ok, false);
}

describe('bytes that nobody signed', () => {
  it('are refused wherever one bit of a valid chain is another one', () => {
    for (const [place, certificate] of CHAIN.entries()) {
      for (let at = 0; at < certificate.length; at += 1) {
        const changed = Buffer.from(certificate);
        changed[at] = (changed[at] as number) ^ (1 << ((at * 3) % 8));
        assertRefused(CHAIN.with(place, changed));
      }
    }
  });

  it('are refused wherever a valid chain is cut', () => {
    for (const [place, certificate] of CHAIN.entries()) {
      for (let length = 0; length < certificate.length; length += 1)
        assertRefused(CHAIN.with(place, certificate.subarray(0, length)));
    }
  });

  it('are refused however a valid chain is cut, spliced, repeated and overwritten, and nothing is thrown', () => {
    const piece = fc.record({
      place: fc.constantFrom(0, 1),
      from: fc.nat(1500),
      drop: fc.nat(40),
      bytes: fc.uint8Array({ maxLength: 40 }),
    });
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 4 }), (pieces) => {
        const chain = pieces.reduce<readonly Uint8Array[]>((before, { place, from, drop, bytes }) => {
          const certificate = before[place] ?? new Uint8Array();
          const at = Math.min(from, certificate.length);
          return before.with(place, Buffer.concat([certificate.subarray(0, at), bytes, certificate.subarray(at + drop)]));
        }, CHAIN);
        fc.pre(chain.some((certificate, place) => Buffer.compare(certificate, CHAIN[place] ?? new Uint8Array()) !== 0));
        assertRefused(chain);
      }),
      { numRuns: 1000 },
    );
  });

  it('are refused where they are no certificate at all', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 3 }), (chain) => {
        const verdict = verifyChain(chain, { now: NOW, cache: new KnownIdentities() });
        assert.ok(!verdict.ok && verdict.refusal.code in CERTIFICATE_REFUSALS);
        assert.equal(verifyLeafUnder(chain[0] ?? new Uint8Array(), world.service.history, NOW).ok, false);
      }),
    );
  });

  it('are refused at once where they are nested as deep as they are long', () => {
    const depth = 16_000;
    const nested = new Uint8Array(depth).fill(0x30);
    for (let at = 1; at < depth; at += 2) nested[at] = 0x80;
    assertRefused([nested, CHAIN[1]]);
    assertRefused([CHAIN[0], nested]);
  });
});
