import type { IncomingMessage } from 'node:http';
import { listOf, valuesOf } from './fields.ts';

/**
 * Whether a request may become another protocol: a WebSocket (RFC 6455 section 4.1), and nothing else. Over `h2c` a caller
 * could send requests past this proxy, with whatever identity fields it liked. What is offered besides is not heard, as
 * RFC 9110 section 7.8 allows.
 */
export function isWebSocket(request: IncomingMessage): boolean {
  const { method, httpVersion, rawHeaders } = request;
  if (method !== 'GET' || httpVersion !== '1.1') return false;
  if (valuesOf(rawHeaders, 'content-length').length + valuesOf(rawHeaders, 'transfer-encoding').length > 0) return false;
  const offered = listOf(rawHeaders, 'upgrade');
  return offered.length === 1 && offered[0] === 'websocket' && listOf(rawHeaders, 'connection').includes('upgrade');
}

/** The fields that ask for a WebSocket, and those that grant it. */
export const TO_WEBSOCKET: readonly string[] = ['connection', 'Upgrade', 'upgrade', 'websocket'];
