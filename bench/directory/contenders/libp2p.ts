import { loadNetworks } from '../install.ts';
import { VALUE_BYTES, VALUES, type Network } from '../contender.ts';

interface Node {
  readonly services: { readonly dht: Dht };
  getMultiaddrs(): readonly unknown[];
  dial(address: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

interface Dht {
  put(key: Uint8Array, value: Uint8Array): AsyncIterable<{ readonly name: string }>;
  get(key: Uint8Array): AsyncIterable<{ readonly name: string; readonly value?: Uint8Array }>;
}

type Make = (options?: unknown) => unknown;

/** TCP, noise and yamux, and any peer may join; values are not signed by anybody, and a validator of ours lets all pass. */
export async function start(nodes: number): Promise<Network> {
  const names = ['@libp2p/kad-dht', '@libp2p/tcp', '@libp2p/identify', '@libp2p/ping'];
  const [libp2p, dht, tcp, identify, ping, noise, yamux] = (await loadNetworks(
    ...['libp2p', ...names, '@chainsafe/libp2p-noise', '@chainsafe/libp2p-yamux'],
  )) as readonly Record<string, Make>[];
  const make = async (): Promise<Node> =>
    (await libp2p?.['createLibp2p']?.({
      addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
      transports: [tcp?.['tcp']?.()],
      connectionEncrypters: [noise?.['noise']?.()],
      streamMuxers: [yamux?.['yamux']?.()],
      services: {
        identify: identify?.['identify']?.(),
        ping: ping?.['ping']?.(),
        dht: dht?.['kadDHT']?.({
          clientMode: false,
          peerInfoMapper: dht['passthroughMapper'],
          validators: { bench: () => Promise.resolve() },
          selectors: { bench: (_: Uint8Array, records: readonly Uint8Array[]) => newest(records) },
        }),
      },
    })) as Node;
  const started: Node[] = [];
  for (let number = 0; number < nodes; number++) {
    const node = await make();
    const [first] = started;
    if (first !== undefined) await node.dial(first.getMultiaddrs()[0]);
    started.push(node);
  }
  const keys = Array.from({ length: VALUES }, (_, value) => Buffer.from(`/bench/${value}`));
  const versions = keys.map(() => 0);
  const at = (node: number): Dht => (started[node % nodes] ?? missing()).services.dht;
  return {
    async put(node, value) {
      const seq = (versions[value] ?? 0) + 1;
      versions[value] = seq;
      const bytes = Buffer.alloc(VALUE_BYTES);
      bytes.writeUInt32BE(seq);
      let kept = 0;
      for await (const { name } of at(node).put(keys[value] ?? missing(), bytes)) if (name === 'PEER_RESPONSE') kept += 1;
      if (kept === 0) throw new Error('nobody keeps it');
    },
    async get(node, value) {
      let seq = 0;
      for await (const event of at(node).get(keys[value] ?? missing())) {
        if (event.name === 'VALUE' && event.value !== undefined) seq = Math.max(seq, seqOf(event.value));
      }
      if (seq !== versions[value]) throw new Error(`found was version ${seq}, the newest is ${versions[value] ?? 0}`);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(started.map((node) => node.stop()));
    },
  };
}

function newest(records: readonly Uint8Array[]): number {
  const sequences = records.map(seqOf);
  return sequences.indexOf(Math.max(...sequences));
}

function seqOf(bytes: Uint8Array): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).readUInt32BE();
}

function missing(): never {
  throw new Error('nothing there');
}
