import assert from 'node:assert/strict';
import test, { suite } from 'node:test';
import { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { onePlaceRule, type OnePlaceOptions, type Restricted } from '../lint/one-place.ts';

const NOWHERE: OnePlaceOptions = {
  'Math.random': [],
  'buffered randomness': [],
  'process.env': [],
  'process.exit': [],
  rejectUnauthorized: [],
  'raw TLS': [],
  'global fetch': [],
};

const REFUSED: readonly (readonly [code: string, what: Restricted])[] = [
  ['Math.random();', 'Math.random'],
  ['const { random } = Math;', 'Math.random'],
  ['Math["random"]();', 'Math.random'],
  ['import { randomUUID } from "node:crypto"; randomUUID();', 'buffered randomness'],
  ['import * as c from "crypto"; c.randomInt(7);', 'buffered randomness'],
  ['process.env.HOME;', 'process.env'],
  ['const { env } = process;', 'process.env'],
  ['import { env as e } from "node:process"; e.HOME;', 'process.env'],
  ['import p from "process"; p.env;', 'process.env'],
  ['process.exit(1);', 'process.exit'],
  ['import { exit } from "node:process"; exit(1);', 'process.exit'],
  ['const options = { rejectUnauthorized: false };', 'rejectUnauthorized'],
  ['options.rejectUnauthorized = false;', 'rejectUnauthorized'],
  ['options["rejectUnauthorized"] = false;', 'rejectUnauthorized'],
  ['const f = (rejectUnauthorized) => ({ rejectUnauthorized });', 'rejectUnauthorized'],
  ['import { connect } from "node:tls"; connect({});', 'raw TLS'],
  ['import tls from "node:tls"; tls.createServer();', 'raw TLS'],
  ['import * as tls from "tls"; tls.connect({});', 'raw TLS'],
  ['import { TLSSocket } from "node:tls"; new TLSSocket(raw);', 'raw TLS'],
  ['import { request } from "node:https"; const ask = request;', 'raw TLS'],
  ['import https from "node:https"; handOn(https);', 'raw TLS'],
  ['const { get } = await import("node:https");', 'raw TLS'],
  ['export { connect } from "node:tls";', 'raw TLS'],
  ['export * from "node:http2";', 'raw TLS'],
  ['await fetch("https://example.org/");', 'global fetch'],
  ['globalThis.fetch;', 'global fetch'],
  ['const { fetch: ask } = globalThis;', 'global fetch'],
];

const LET_PASS: readonly string[] = [
  'import { randomBytes } from "node:crypto"; randomBytes(16);',
  'Math.max(1, 2);',
  'process.exitCode = 1;',
  'const Math = { random: () => 4 }; Math.random();',
  'import type { TLSSocket } from "node:tls"; export const f = (socket: TLSSocket): void => {};',
  'import { TLSSocket } from "node:tls"; export const f = (x: unknown): boolean => x instanceof TLSSocket;',
  'import { type TLSSocket, rootCertificates } from "node:tls"; rootCertificates.length;',
  'export type { TLSSocket } from "node:tls";',
  'import { request } from "node:http"; request({});',
  'import { constants } from "node:http2"; constants.NGHTTP2_CANCEL;',
  'mesh.fetch("https://payments/");',
  'const fetch = () => 1; fetch();',
];

suite('what has one place', () => {
  for (const [code, what] of REFUSED) {
    test(`is refused elsewhere: ${code}`, () => {
      assert.deepEqual(
        lint(code, NOWHERE).map((message) => message.split(' has no place here')[0]),
        [what],
      );
    });
    test(`is let where it has its place: ${code}`, () => {
      assert.deepEqual(lint(code, { ...NOWHERE, [what]: [{ file: 'packages/p/src/a.ts', because: 'a test' }] }), []);
      assert.equal(lint(code, { ...NOWHERE, [what]: [{ file: 'packages/p/src/b.ts', because: 'a test' }] }).length, 1);
    });
  }

  for (const code of LET_PASS) {
    test(`is something else: ${code}`, () => {
      assert.deepEqual(lint(code, NOWHERE), []);
    });
  }

  test('is refused as an entry that nothing needs', () => {
    const places = { ...NOWHERE, 'process.env': [{ file: 'packages/p/src/a.ts', because: 'a test' }] };
    assert.match(lint('process.exitCode = 1;', places)[0] ?? '', /^no longer uses process\.env/);
  });
});

function lint(code: string, places: OnePlaceOptions): readonly string[] {
  const messages = new Linter({ cwd: '/repository' }).verify(
    code,
    {
      files: ['**/*.ts'],
      languageOptions: { parser: tseslint.parser },
      plugins: { themis: { rules: { 'one-place': onePlaceRule('/repository', places) } } },
      rules: { 'themis/one-place': 'error' },
    },
    { filename: '/repository/packages/p/src/a.ts' },
  );
  return messages.map(({ message }) => message);
}
