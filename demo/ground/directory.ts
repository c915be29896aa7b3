import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ServiceName, type Endpoint, type IdentityId, type InstanceRecord } from '@themis-mesh/core';
import { DirectoryReader, openFileDirectory, type Directory } from '@themis-mesh/directory';
import { Home } from '@themis-mesh/storage';

/** The shop's directory, as any process on this machine can read it. */
export interface ShopDirectory extends AsyncDisposable {
  readonly directory: Directory;
  /** Who holds a name now. */
  idOf(name: string): Promise<IdentityId>;
  /** The instances of a service that listen. */
  instances(id: IdentityId): Promise<readonly InstanceRecord[]>;
  /** Where a service listens for mesh traffic. */
  endpointOf(name: string): Promise<Endpoint>;
  /** When the newest charter was written down. Milliseconds since 1970. */
  charterWrittenAt(): Promise<number>;
}

export async function openShopDirectory(root: string): Promise<ShopDirectory> {
  const home = Home.at(root);
  const app = (await home.app()).anchor.app;
  const now = (): number => Math.floor(Date.now() / 1000);
  const directory = openFileDirectory({ folder: home.directory, alarms: home.alarms, app, now });
  const reader = new DirectoryReader({ directory, remembered: () => undefined, now });
  const idOf = async (text: string): Promise<IdentityId> => {
    const read = await reader.app(app);
    const name = ServiceName.parse(text);
    const member = read.outcome === 'found' && name !== undefined ? read.value.charter.memberByName(name) : undefined;
    if (member === undefined) throw new Error(`the charter in the directory names no service ${text}`);
    return member.id;
  };
  const instances = async (id: IdentityId): Promise<readonly InstanceRecord[]> => {
    const read = await reader.instances(id);
    return read.outcome === 'found' ? read.value : [];
  };
  return {
    directory,
    idOf,
    instances,
    async endpointOf(name) {
      const found = (await instances(await idOf(name))).flatMap(({ endpoints }) => endpoints);
      const [endpoint] = found.filter(({ alpn }) => alpn.includes('http/1.1'));
      if (endpoint === undefined) throw new Error(`the directory knows no endpoint of ${name}`);
      return endpoint;
    },
    async charterWrittenAt() {
      // The embedded directory keeps a record in a file of its own, which is written and then put in its place.
      return (await stat(join(home.directory, 'charter', `${app}.json`))).mtimeMs;
    },
    [Symbol.asyncDispose]: () => directory[Symbol.asyncDispose](),
  };
}
