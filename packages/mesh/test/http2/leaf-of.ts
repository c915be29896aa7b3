import type { Credentials } from '@themis-mesh/channel';
import { Announcer } from '../../src/announcer.ts';
import { openGround } from '../../src/ground.ts';
import { LocalIssuer } from '../../src/leaf/leaf-issuer.ts';
import { readOptions } from '../../src/read-options.ts';
import type { TestHome } from '../test-home.ts';

/** A leaf of a service, for programs that are not ours. */
export async function leafOf(home: TestHome, service: string): Promise<Credentials> {
  const options = readOptions({ service, home: home.path });
  await using ground = await openGround(options, new Announcer());
  const issuer = new LocalIssuer({ keys: () => ground.identity.keys(), instance: options.instance, ttl: 3600 });
  return await issuer.issue(Math.floor(Date.now() / 1000));
}
