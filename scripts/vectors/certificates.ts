import type { KeyObject } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { History } from '../../packages/core/src/index.ts';
import { makeWorld } from '../../packages/core/test/certificate/chain-builder.ts';
import { judge, type Presentation } from '../../packages/core/test/certificate/invalid-case.ts';
import { CASES_BY_PART } from '../../packages/core/test/certificate/invalid-cases.ts';
import { validCases } from '../../packages/core/test/certificate/valid-cases.ts';

// Writes vectors/certificates/*.json anew, with new keys. Its README says what is in them.

const FOLDER = new URL('../../vectors/certificates/', import.meta.url);

/** Names what is written, each certificate and each history once for each file. */
class Tables {
  readonly #names = new Map<string, string>();
  readonly certificates: Record<string, string> = {};
  readonly histories: Record<string, readonly string[]> = {};
  readonly keys: Record<string, string> = {};

  certificate(der: Uint8Array, name: string): string {
    const bytes = base64(der);
    return this.#named(bytes, name, this.certificates, bytes);
  }

  history({ wires }: History, name: string): string {
    const events = wires.map(base64);
    return this.#named(events.join(), name, this.histories, events);
  }

  key(key: KeyObject, name: string): string {
    const bytes = base64(key.export({ type: 'pkcs8', format: 'der' }));
    return this.#named(bytes, name, this.keys, bytes);
  }

  with(cases: readonly unknown[]): object {
    const { certificates, histories, keys } = this;
    return { certificates, histories, keys, cases };
  }

  #named<T>(content: string, wanted: string, table: Record<string, T>, value: T): string {
    const known = this.#names.get(content);
    if (known !== undefined) return known;
    let name = wanted;
    for (let count = 2; Object.hasOwn(table, name); count += 1) name = `${wanted} (${count})`;
    this.#names.set(content, name);
    table[name] = value;
    return name;
  }
}

interface WrittenPresentation {
  readonly now: number;
  readonly expectedId?: string;
  readonly remembered?: string;
  readonly judgedBy?: string;
  readonly chain: readonly string[];
  readonly leafKey: string;
}

function writePresentation(tables: Tables, presentation: Presentation, name: string): WrittenPresentation {
  const { now, expectedId, remembered, judgedBy, chain, leafKey } = presentation;
  return {
    now,
    ...(expectedId === undefined ? {} : { expectedId }),
    ...(remembered === undefined ? {} : { remembered: tables.history(remembered, name) }),
    ...(judgedBy === undefined ? {} : { judgedBy: tables.history(judgedBy, name) }),
    chain: chain.map((der, place) => tables.certificate(der, `${name}: ${place === 0 ? 'leaf' : 'identity'}`)),
    leafKey: tables.key(leafKey, `${name}: key of the leaf`),
  };
}

function write(file: string, content: unknown): void {
  writeFileSync(new URL(file, FOLDER), `${JSON.stringify(content, undefined, 1)}\n`);
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

mkdirSync(FOLDER, { recursive: true });
const world = await makeWorld(1_800_000_000);

for (const [part, invalidCases] of Object.entries(CASES_BY_PART)) {
  const tables = new Tables();
  const cases = invalidCases.map(({ name, defect, refused, present }) => {
    const { broken, repaired } = present(world);
    return {
      name,
      defect,
      refused,
      repaired: writePresentation(tables, repaired, 'valid'),
      broken: writePresentation(tables, broken, name),
    };
  });
  write(`invalid-${part}.json`, tables.with(cases));
}

const tables = new Tables();
const cases = validCases(world).map(({ name, presentation, standing }) => {
  const verdict = judge(presentation);
  if (!verdict.ok) throw new Error(`${name}: ${verdict.refusal.code}`);
  const { id, instance, spiffeId, keySeq, serial, notBefore, notAfter, goodUntil, membership } = verdict.value;
  const says = { id, instance, spiffeId, keySeq, serial, notBefore, notAfter, goodUntil };
  return {
    name,
    presented: writePresentation(tables, presentation, name),
    verified: {
      ...says,
      ...(standing === undefined ? {} : { standing }),
      ...(membership === undefined ? {} : { membership: base64(membership) }),
    },
  };
});
write('valid.json', tables.with(cases));
