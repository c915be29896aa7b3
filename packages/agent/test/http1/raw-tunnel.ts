import { Tunnel, type StreamEnd, type StreamReceiver, type TunnelStream } from '@themis-mesh/channel';
import { waitFor } from '@themis-mesh/testkit';
import type { TestHome } from '../test-home.ts';

/** What came back on a stream. */
export interface Heard {
  readonly heads: string[];
  readonly chunks: Buffer[];
  isEnded: boolean;
  reset: { readonly code: StreamEnd; readonly detail: string } | undefined;
}

export interface Opened {
  readonly stream: TunnelStream;
  readonly heard: Heard;
}

/** A tunnel to a sidecar, on whose streams a test writes whatever it likes. */
export async function rawTunnel(
  home: TestHome,
  service: string,
  port: number,
): Promise<(block: string, isEnd?: boolean, reads?: boolean) => Opened> {
  const channel = await home.channel(service, port, 'themis/1');
  home.onEnd(() => channel.cut());
  const tunnel = new Tunnel({ channel });
  await waitFor(() => tunnel.hasRoom, 'room in the tunnel');
  return (block, isEnd = true, reads = true) => {
    const heard: Heard = { heads: [], chunks: [], isEnded: false, reset: undefined };
    const receiver: StreamReceiver = {
      onHead: (head) => void heard.heads.push(head),
      onData: (bytes) => {
        heard.chunks.push(bytes);
        if (reads) stream.consumed(bytes.length);
      },
      onEnd: () => (heard.isEnded = true),
      onReset: (code, detail) => (heard.reset = { code, detail }),
      onWritable: () => undefined,
    };
    const stream = tunnel.open('http', block, isEnd, receiver);
    return { stream, heard };
  };
}

/** Waits for the end of a stream, whichever it is. */
export async function ended({ heard }: Opened): Promise<Heard & { readonly body: string }> {
  await waitFor(() => heard.isEnded || heard.reset !== undefined, 'the end of a stream');
  return { ...heard, body: Buffer.concat(heard.chunks).toString('latin1') };
}
