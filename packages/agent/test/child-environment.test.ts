import assert from 'node:assert/strict';
import { test } from 'node:test';
import { childEnvironment } from '../src/child/child-environment.ts';
import { serviceName } from './test-home.ts';

const ORDERS = serviceName('orders');
const BASE = {
  PATH: '/bin',
  THEMIS_PASSPHRASE_FILE: '/secret',
  HTTPS_PROXY: 'http://elsewhere:1',
  all_proxy: 'http://elsewhere:1',
  NO_PROXY: '*',
};

test('a program is not told where the passphrase lies, with a proxy and without one', () => {
  for (const proxy of ['http://themis:token@127.0.0.1:1', undefined]) {
    const environment = childEnvironment(BASE, ORDERS, proxy);
    assert.equal('THEMIS_PASSPHRASE_FILE' in environment, false);
    assert.deepEqual([environment['PATH'], environment['THEMIS_SERVICE']], ['/bin', 'orders']);
  }
});

test('nothing of the surroundings leads past the proxy', () => {
  const proxy = 'http://themis:token@127.0.0.1:1';
  const environment = childEnvironment(BASE, ORDERS, proxy);
  assert.deepEqual([environment['HTTPS_PROXY'], environment['http_proxy'], environment['all_proxy']], [proxy, proxy, undefined]);
  assert.doesNotMatch(JSON.stringify(environment), /elsewhere|\*/);
});
