import type { Answer } from './answer.ts';
import { MessageWriter } from './message-writer.ts';
import type { Request } from './request.ts';
import { PREFIX_BYTES, TYPE } from './wire.ts';

/** The bytes of a request, without the length that precedes them on a stream. */
export function encodeRequest(request: Request): Buffer {
  const writer = new MessageWriter(TYPE[request.kind]);
  writer.maybe(request.sender, ({ index, address }) => {
    writer.byte(index);
    writer.address(address);
  });
  switch (request.kind) {
    case 'ping':
      break;
    case 'find':
      writer.fixed(request.target);
      break;
    case 'get':
    case 'watch':
      writer.key(request.wanted);
      writer.byte(request.known);
      writer.text(request.zone ?? '');
      if (request.kind === 'watch') writer.two(request.lease);
      break;
    case 'store':
      writer.record(request.record);
      break;
  }
  return writer.bytes;
}

/** The bytes of an answer, without the length that precedes them on a stream. */
export function encodeAnswer(answer: Answer): Buffer {
  const writer = new MessageWriter(TYPE[answer.kind]);
  writer.byte(answer.index);
  writer.contacts(answer.closer);
  switch (answer.kind) {
    case 'nodes':
      break;
    case 'records':
      writer.four(answer.total);
      writer.two(answer.records.length);
      for (const record of answer.records) writer.record(record);
      writer.maybe(answer.history, (history) => writer.blob(history));
      break;
    case 'stored':
      writer.byte(answer.unchanged ? 1 : 0);
      break;
    case 'refused':
      writer.text(answer.refusal.code);
      writer.text(shown(answer.refusal.detail));
      writer.maybe(answer.held, (held) => writer.blob(held));
      break;
  }
  return writer.bytes;
}

/** A message as it goes on a stream: four bytes of its length, then itself. */
export function prefixed(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  framed.writeUInt32BE(message.length, 0);
  framed.set(message, PREFIX_BYTES);
  return framed;
}

/** What a text of the wire holds: printable ASCII, at most 255 signs. */
function shown(text: string): string {
  return text.slice(0, 255).replace(/[^ -~]/g, '?');
}
