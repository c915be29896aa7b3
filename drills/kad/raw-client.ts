import { systemClock, Tunnel, type StreamEnd, type StreamReceiver, type TunnelStream } from '@themis-mesh/channel';
import { ThemisError, type Address, type IdentityId } from '@themis-mesh/core';
import {
  CharterRoster,
  decodeAnswer,
  encodeRequest,
  KadDirectory,
  KadNode,
  prefixed,
  type Answer,
  type KadNetwork,
  type Request,
} from '@themis-mesh/directory-kad';
import { join as joinMesh, randomFraction, type Mesh } from '@themis-mesh/mesh';
import type { DirectoryNode } from '@themis-mesh/node';

/** What the stream of a request to a node says of itself. */
const KAD_TARGET = 'themis-kad/1';

/** A member that says to nodes whatever it likes, on tunnels of its own. */
export class RawClient implements AsyncDisposable {
  readonly mesh: Mesh;

  private constructor(mesh: Mesh) {
    this.mesh = mesh;
  }

  static async join(home: string, service: string): Promise<RawClient> {
    return new RawClient(await joinMesh({ service, home }));
  }

  /** A tunnel of its own to whoever is at an address. */
  async dial(address: Address): Promise<Tunnel> {
    const channel = await this.mesh.channels.meet({ address, protocol: 'themis/1', expect: () => undefined });
    const tunnel = new Tunnel({ channel });
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (tunnel.hasRoom) resolve();
        else if (tunnel.state !== 'open') reject(new Error('the node ended the tunnel'));
        else return;
        leave();
      };
      const leave = tunnel.onChange(look);
      look();
    });
    return tunnel;
  }

  /** A directory that asks as a client of a node's network does, and dials each node anew for each request. */
  async coldDirectory({ address, status }: DirectoryNode): Promise<Pick<KadDirectory, 'find'>> {
    const { app } = this.mesh.trust;
    const node = new KadNode({
      identity: this.mesh.id,
      roster: new CharterRoster(app.charter),
      network: this.#coldNetwork(),
      clock: kadClock,
      chance: randomFraction,
      app: app.history.id,
    });
    const all = [{ host: address.address, port: address.port }, ...status.neighbours.map((contact) => contact.address)];
    await Promise.all(all.map((each) => node.meet(each)));
    return new KadDirectory({ node, app: app.history.id, remembered: (id) => this.mesh.trust.history(id) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.mesh.close();
  }

  #coldNetwork(): KadNetwork {
    const meet: KadNetwork['meet'] = async (address, request) => {
      const tunnel = await this.dial(address);
      try {
        const identity: IdentityId = tunnel.channel.peer.id;
        return { identity, answer: await ask(tunnel, request) };
      } finally {
        tunnel.drain();
      }
    };
    return {
      meet,
      ask: async (to, request, options) => (await meet(to.address, request, options)).answer,
      watch: () => {
        throw new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', 'this client watches nothing');
      },
    };
  }
}

export async function ask(tunnel: Tunnel, request: Request): Promise<Answer> {
  const said = await exchange(tunnel, prefixed(encodeRequest(request)));
  const answer = said === undefined ? undefined : decodeAnswer(said);
  if (answer?.ok !== true) throw new ThemisError('THEMIS_DIRECTORY_UNAVAILABLE', 'no answer');
  return answer.value;
}

/** Sends some bytes on a stream of their own. @returns the first message of the answer; undefined where the stream was ended */
export function exchange(tunnel: Tunnel, bytes: Buffer): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const ear = new AnswerEar(resolve);
    ear.stream = tunnel.open('bytes', KAD_TARGET, false, ear);
    ear.stream.end(bytes);
  });
}

class AnswerEar implements StreamReceiver {
  stream: TunnelStream | undefined;
  readonly #resolve: (answer: Buffer | undefined) => void;
  readonly #parts: Buffer[] = [];

  constructor(resolve: (answer: Buffer | undefined) => void) {
    this.#resolve = resolve;
  }

  onHead(): void {
    this.#resolve(undefined);
  }

  onData(bytes: Buffer): void {
    this.stream?.consumed(bytes.length);
    this.#parts.push(bytes);
  }

  onEnd(): void {
    const all = Buffer.concat(this.#parts);
    this.#resolve(all.length < 4 ? undefined : all.subarray(4, 4 + all.readUInt32BE(0)));
  }

  onReset(_code: StreamEnd, _detail: string): void {
    this.#resolve(undefined);
  }

  onWritable(): void {
    // What is sent is small.
  }
}

const kadClock = {
  seconds: (): number => Math.floor(systemClock.now() / 1000),
  millis: (): number => performance.now(),
  after: (milliseconds: number, run: () => void): (() => void) => systemClock.after(milliseconds, run),
};
