import { setImmediate as turn } from 'node:timers/promises';
import { Tunnel, type StreamReceiver, type TunnelLimits, type TunnelStream } from '@themis-mesh/channel';
import { ManualClock } from '@themis-mesh/testkit';
import { FrameReader } from '../../../src/tunnel/frame-reader.ts';
import { TUNNEL_LIMITS } from '../../../src/tunnel/limits.ts';
import { TunnelFault } from '../../../src/tunnel/fault.ts';
import { memoryChannels } from '../memory-channel.ts';

/** What came of bytes: what was read of them, and the fault that ended it, where one did. */
export interface Outcome {
  readonly accepted: readonly unknown[];
  readonly fault?: string;
}

/** Cuts bytes into frames; data is told of by the frame. */
export function readFrames(bytes: Buffer, slice: number): Outcome {
  const accepted: unknown[] = [];
  let data: Buffer[] = [];
  const reader = new FrameReader({
    onData: (stream, piece, flags, isLast) => {
      data.push(piece);
      if (!isLast) return;
      accepted.push({ type: 0, flags, stream, payload: base64url(Buffer.concat(data)) });
      data = [];
    },
    onFrame: (type, flags, stream, payload) => accepted.push({ type, flags, stream, payload: base64url(payload) }),
    onUnknown: (type) => accepted.push({ passedOver: type }),
  });
  try {
    for (let at = 0; at < bytes.length; at += slice) reader.push(bytes.subarray(at, at + slice));
  } catch (error) {
    if (!(error instanceof TunnelFault)) throw error;
    return { accepted, fault: error.code };
  }
  return { accepted };
}

export interface Hearing {
  /** Who hears: the accepter takes streams, the dialler has begun some. */
  readonly role: 'accepter' | 'dialler';
  /** Streams of bytes, with the target `target`, that the dialler has begun. */
  readonly begun?: number;
  /** Of who hears. */
  readonly limits?: Partial<TunnelLimits>;
  readonly bytes: Buffer;
}

/** What an end of a tunnel, that reads nothing of what comes and says nothing itself, makes of the bytes of its other end. */
export async function hear({ role, begun = 0, limits = {}, bytes }: Hearing, slice: number): Promise<Outcome> {
  const clock = new ManualClock(1_800_000_000_000);
  const { sockets, channels } = memoryChannels(clock);
  const accepted: object[] = [];
  const goaways: string[] = [];
  const onStream = (stream: TunnelStream, kind: string, block: string, end: boolean): StreamReceiver => {
    accepted.push({ event: 'open', stream: stream.id, kind, block: latin1(block), end });
    return new Listener(stream.id, accepted);
  };
  const tunnel = new Tunnel({
    channel: channels[0],
    clock,
    limits: { ...TUNNEL_LIMITS, ...limits },
    ...(role === 'accepter' ? { onStream } : {}),
  });
  channels[0].onState((state) => {
    if (state.is === 'closed' && state.because !== undefined) goaways.push(state.because.detail);
  });
  let rest = bytes;
  if (begun > 0) {
    // Nothing can be begun before the limits, which are the first 20 bytes.
    sockets[0].push(Buffer.concat([bytes.subarray(0, 20)]));
    rest = bytes.subarray(20);
    await turn();
    for (let id = 1; id <= begun; id += 1) tunnel.open('bytes', 'target', false, new Listener(id, accepted));
  }
  for (let at = 0; at < rest.length; at += slice) {
    sockets[0].push(Buffer.concat([rest.subarray(at, at + slice)]));
    if (slice < 1000) continue;
    await turn();
  }
  await turn();
  const fault = tunnel.state === 'closed' ? await faultOf(clock, goaways) : undefined;
  channels[0].cut();
  return fault === undefined ? { accepted: without(accepted, 'lost') } : { accepted: without(accepted, 'lost'), fault };
}

/** A fault ends the channel after a farewell. */
async function faultOf(clock: ManualClock, reasons: readonly string[]): Promise<string> {
  clock.advance(1000);
  await turn();
  const [detail = ''] = reasons;
  return /credit (of|for) (the|stream)/.test(detail) ? 'flow-control' : 'protocol';
}

function without(events: readonly object[], code: string): readonly object[] {
  return events.filter((event) => !('code' in event && event.code === code));
}

class Listener implements StreamReceiver {
  readonly #id: number;
  readonly #events: object[];

  constructor(id: number, events: object[]) {
    this.#id = id;
    this.#events = events;
  }

  onHead(block: string): void {
    this.#events.push({ event: 'head', stream: this.#id, block: latin1(block) });
  }

  onData(bytes: Buffer): void {
    const last = this.#events.at(-1) as { event: string; stream: number; bytes: string } | undefined;
    // However it was sliced.
    if (last?.event !== 'data' || last.stream !== this.#id) {
      this.#events.push({ event: 'data', stream: this.#id, bytes: base64url(bytes) });
      return;
    }
    last.bytes = base64url(Buffer.concat([Buffer.from(last.bytes, 'base64url'), bytes]));
  }

  onEnd(): void {
    this.#events.push({ event: 'end', stream: this.#id });
  }

  onReset(code: string, detail: string): void {
    this.#events.push({ event: 'reset', stream: this.#id, code, detail });
  }

  onWritable(): void {
    // It writes nothing.
  }
}

function latin1(text: string): string {
  return base64url(Buffer.from(text, 'latin1'));
}

function base64url(bytes: Buffer): string {
  return bytes.toString('base64url');
}
