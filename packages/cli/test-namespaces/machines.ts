import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';

/** One of two machines: a network namespace with one address, and nothing else. */
export interface Machine {
  readonly address: string;
  /** What runs a command there. */
  readonly inside: readonly string[];
}

/** Two machines on one wire, which are gone after the test: of documentation's own addresses (RFC 5737). */
export function twoMachines(t: TestContext): readonly [Machine, Machine] {
  const tag = randomBytes(3).toString('hex');
  const machines = ['a', 'b'].map((end, index) => {
    const [name, link] = [`themis-${tag}-${end}`, `th${tag}${end}`];
    return { name, link, address: `198.51.100.${index + 1}`, inside: ['ip', 'netns', 'exec', name] };
  });
  const [a, b] = machines;
  if (a === undefined || b === undefined) throw new TypeError('two machines');
  t.after(() => {
    // With a namespace its end of the wire goes, and with that the other one.
    for (const { name } of machines) ip('netns', 'delete', name);
  });
  for (const { name } of machines) ip('netns', 'add', name);
  ip('link', 'add', a.link, 'netns', a.name, 'type', 'veth', 'peer', 'name', b.link, 'netns', b.name);
  for (const { name, link, address } of machines) {
    ip('-n', name, 'address', 'add', `${address}/24`, 'dev', link);
    ip('-n', name, 'link', 'set', link, 'up');
    ip('-n', name, 'link', 'set', 'lo', 'up');
  }
  return [a, b];
}

function ip(...words: readonly string[]): void {
  execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 10_000 });
}
