import assert from 'node:assert/strict';
import test, { suite } from 'node:test';
import { packingFaults } from '../pack/pack.ts';

const SOUND = ['package.json', 'LICENSE', 'bin/themis.js', 'bundle/index.js', 'dist/index.d.ts'];
const STRAY = ['src/index.ts', 'dist/index.js', 'dist/.tsbuildinfo', 'test/a.test.ts', '.env', 'bin/deep/x.js', 'tsconfig.json'];

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
    const files = SOUND.filter((file) => file !== 'LICENSE' && file !== 'bundle/index.js');
    assert.deepEqual(packingFaults({ name: 'p', path: '', files }), ['p lacks LICENSE', 'p lacks bundle/index.js']);
  });
});
