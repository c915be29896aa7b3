import assert from 'node:assert/strict';
import test, { suite } from 'node:test';
import { packingFaults } from '../pack/pack.ts';

const SOUND = ['package.json', 'LICENSE', 'bin/themis.js', 'dist/index.js', 'dist/index.js.map', 'dist/index.d.ts'];
const STRAY = ['src/index.ts', 'dist/index.ts', 'dist/.tsbuildinfo', 'test/a.test.ts', '.env', 'bin/deep/x.js', 'tsconfig.json'];

suite('a package as it is packed', () => {
  test('may hold what was built', () => {
    assert.deepEqual(packingFaults({ name: 'p', path: '', files: SOUND }), []);
  });

  for (const file of STRAY) {
    test(`may not hold ${file}`, () => {
      assert.deepEqual(packingFaults({ name: 'p', path: '', files: [...SOUND, file] }), [`p holds ${file}`]);
    });
  }

  test('may not lack its entry or its license', () => {
    const files = SOUND.filter((file) => file !== 'LICENSE' && file !== 'dist/index.js');
    assert.deepEqual(packingFaults({ name: 'p', path: '', files }), ['p lacks LICENSE', 'p lacks dist/index.js']);
  });
});
