import { Socket } from 'node:net';
import type { MeshResponse } from '../message.ts';
import { MessageResponse } from './message-response.ts';
import { IncomingMessage } from '../wire/node-http.ts';

/** An answer that nobody sent. @param fields names and values in turn */
export function syntheticAnswer(status: number, fields: readonly string[], body: string): MeshResponse {
  const message = new IncomingMessage(new Socket());
  message.statusCode = status;
  message.rawHeaders = [...fields, 'content-length', String(Buffer.byteLength(body))];
  message.push(body);
  message.push(null);
  message.complete = true;
  return new MessageResponse(message);
}
