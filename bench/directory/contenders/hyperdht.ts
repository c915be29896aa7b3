import { loadNetworks } from '../install.ts';
import { VALUE_BYTES, VALUES, type Network } from '../contender.ts';

interface KeyPair {
  readonly publicKey: Buffer;
}

interface Node {
  mutablePut(keyPair: KeyPair, value: Buffer, options: { readonly seq: number }): Promise<unknown>;
  mutableGet(publicKey: Buffer): Promise<{ readonly seq: number } | null>;
}

type CreateTestnet = (size: number) => Promise<{ readonly nodes: readonly Node[]; destroy(): Promise<void> }>;

interface HyperDht {
  readonly default: { keyPair(): KeyPair };
}

/** Plain UDP, and any peer may join; values are signed by the key that they lie under. */
export async function start(nodes: number): Promise<Network> {
  const [first, second] = await loadNetworks('hyperdht/testnet.js', 'hyperdht');
  const { default: createTestnet } = first as { readonly default: CreateTestnet };
  const { default: dht } = second as unknown as HyperDht;
  const testnet = await createTestnet(nodes);
  const keys = Array.from({ length: VALUES }, () => dht.keyPair());
  const versions = keys.map(() => 0);
  const at = (node: number): Node => testnet.nodes[node % nodes] ?? missing();
  return {
    async put(node, value) {
      const seq = (versions[value] ?? 0) + 1;
      versions[value] = seq;
      await at(node).mutablePut(keys[value] ?? missing(), Buffer.alloc(VALUE_BYTES, `${value}/${seq} `), { seq });
    },
    async get(node, value) {
      const found = await at(node).mutableGet((keys[value] ?? missing()).publicKey);
      if (found?.seq !== versions[value])
        throw new Error(`found was version ${found?.seq ?? 'none'}, the newest is ${versions[value] ?? 0}`);
    },
    [Symbol.asyncDispose]: () => testnet.destroy(),
  };
}

function missing(): never {
  throw new Error('nothing there');
}
