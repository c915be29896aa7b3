import type { Channel, StreamReceiver, TunnelStream } from '@themis-mesh/channel';
import { decodeRequest, encodeAnswer, type KadNode } from '@themis-mesh/directory-kad';
import { FetchServer, type FetchHandler, type ServerGround } from '@themis-mesh/mesh';
import { KAD_TARGET, KadStream } from './kad-stream.ts';

/** Where a node is asked: by other nodes in messages, by all others in HTTP. */
export class NodeServer extends FetchServer {
  readonly #node: () => KadNode | undefined;

  /** @param node undefined while it is not there yet. @param handler answers those who ask in HTTP */
  constructor(ground: ServerGround, node: () => KadNode | undefined, handler: FetchHandler) {
    super(ground, {}, handler);
    this.#node = node;
  }

  protected override takeBytes(channel: Channel, stream: TunnelStream, block: string): StreamReceiver | undefined {
    const node = this.#node();
    if (block !== KAD_TARGET || node === undefined) return undefined;
    const served = serveStream(node, channel);
    served.attach(stream);
    return served;
  }
}

/** One request, and what is answered to it: once, or as long as a watch lasts. */
function serveStream(node: KadNode, { peer }: Channel): KadStream {
  let stop: (() => void) | undefined;
  let isAsked = false;
  const stream = new KadStream({
    onMessage: (bytes) => {
      // One stream, one request: what follows it has no meaning.
      if (isAsked) return;
      isAsked = true;
      const request = decodeRequest(bytes);
      if (!request.ok || request.value.kind !== 'watch') {
        stream.end(node.handleBytes(peer.id, bytes));
        return;
      }
      const push = (answer: Parameters<typeof encodeAnswer>[0]): void => stream.send(encodeAnswer(answer));
      const served = node.serveWatch(peer.id, request.value, push, () => stream.end());
      stop = served.stop;
      stream.send(encodeAnswer(served.answer));
      if (stop === undefined) stream.end();
    },
    onOver: (why) => {
      // A watch goes on behind the end of its request; whatever else ends it, ends it here.
      if (why !== undefined) stop?.();
      else if (!isAsked) stream.reset('malformed');
    },
  });
  return stream;
}
