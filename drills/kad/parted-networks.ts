import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Why networks of their own cannot be made here; undefined where they can. */
export function whyNoNetworks(): string | undefined {
  if (process.platform !== 'linux') return `network namespaces are of Linux, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'only root makes network namespaces';
  if (!['/usr/sbin/ip', '/sbin/ip', '/usr/bin/ip'].some((path) => existsSync(path))) return 'there is no ip (iproute2)';
  return undefined;
}

/**
 * Two networks and a router between them. While they are parted the router drops what it should pass on, so that nobody is told,
 * as when a link between two sites fails.
 */
export class PartedNetworks implements AsyncDisposable {
  readonly #names: readonly [string, string, string];

  private constructor(names: readonly [string, string, string]) {
    this.#names = names;
  }

  /** @throws Error where the system does not let them be made */
  static async make(): Promise<PartedNetworks> {
    const base = `themis-${process.pid}`;
    const networks = new PartedNetworks([`${base}-a`, `${base}-b`, `${base}-r`]);
    try {
      await networks.#lay();
    } catch (error) {
      await networks[Symbol.asyncDispose]();
      throw error;
    }
    return networks;
  }

  /** The words that start a program in one of the two, and the address that it has there. */
  side(index: 0 | 1): { readonly prefix: readonly string[]; readonly host: string } {
    return { prefix: ['ip', 'netns', 'exec', this.#names[index]], host: hostOf(index) };
  }

  part(): Promise<unknown> {
    return this.#forward(false);
  }

  heal(): Promise<unknown> {
    return this.#forward(true);
  }

  /** What runs there has to have ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#names) await run('ip', ['netns', 'del', name]).catch(() => undefined);
  }

  async #lay(): Promise<void> {
    const [a, b, router] = this.#names;
    for (const name of this.#names) {
      await run('ip', ['netns', 'add', name]);
      await run('ip', ['-n', name, 'link', 'set', 'lo', 'up']);
    }
    for (const [index, name] of [a, b].entries()) {
      const link = `side${index}`;
      await run('ip', ['link', 'add', 'up0', 'netns', name, 'type', 'veth', 'peer', 'name', link, 'netns', router]);
      await run('ip', ['-n', name, 'addr', 'add', `${hostOf(index)}/24`, 'dev', 'up0']);
      await run('ip', ['-n', name, 'link', 'set', 'up0', 'up']);
      await run('ip', ['-n', router, 'addr', 'add', `${gatewayOf(index)}/24`, 'dev', link]);
      await run('ip', ['-n', router, 'link', 'set', link, 'up']);
      await run('ip', ['-n', name, 'route', 'add', 'default', 'via', gatewayOf(index)]);
    }
    await this.heal();
  }

  #forward(isOn: boolean): Promise<unknown> {
    const set = `echo ${isOn ? 1 : 0} > /proc/sys/net/ipv4/ip_forward`;
    return run('ip', ['netns', 'exec', this.#names[2], 'sh', '-c', set]);
  }
}

/** Addresses for documentation (RFC 5737), which no other network of the machine has. */
function hostOf(index: number): string {
  return index === 0 ? '192.0.2.2' : '198.51.100.2';
}

function gatewayOf(index: number): string {
  return index === 0 ? '192.0.2.1' : '198.51.100.1';
}
