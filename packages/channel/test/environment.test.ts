import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { requireSafeEnvironment } from '@themis-mesh/channel';
import { ThemisError } from '@themis-mesh/core';

const PROGRAMS = {
  listener: `new ChannelListener({ credentials: {}, authenticator: {}, authorize: () => undefined, protocols: [], onChannel: () => undefined });`,
  dialler: `await dial({ address: { host: '127.0.0.1', port: 1 }, protocol: 'themis-tcp/1', credentials: {}, authenticator: {}, expect: () => undefined });`,
};

for (const [what, program] of Object.entries(PROGRAMS)) {
  test(`a ${what} does not start where NODE_TLS_REJECT_UNAUTHORIZED is 0`, () => {
    const source = `import { ChannelListener, dial } from '@themis-mesh/channel';\n${program}`;
    const { status, stderr } = spawnSync(
      process.execPath,
      ['--no-warnings', '-C', 'themis-source', '--input-type=module', '--eval', source],
      { cwd: import.meta.dirname, env: { ...process.env, NODE_TLS_REJECT_UNAUTHORIZED: '0' }, encoding: 'utf8' },
    );
    assert.equal(status, 1);
    assert.match(stderr, /ThemisError: The environment weakens TLS: NODE_TLS_REJECT_UNAUTHORIZED is 0/);
    assert.match(stderr, /code: 'THEMIS_TLS_UNSAFE'/);
  });
}

test('every other value is what Node takes for a yes', () => {
  for (const value of [undefined, '', '1', 'false', '00', ' 0']) {
    requireSafeEnvironment(value === undefined ? {} : { NODE_TLS_REJECT_UNAUTHORIZED: value });
  }
  assert.throws(
    () => {
      requireSafeEnvironment({ NODE_TLS_REJECT_UNAUTHORIZED: '0' });
    },
    (error) => ThemisError.is(error, 'THEMIS_TLS_UNSAFE'),
  );
});
