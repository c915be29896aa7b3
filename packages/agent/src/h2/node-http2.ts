import type http2 from 'node:http2';

/** `node:http2`, loaded by sidecars of apps that speak it. */
export function nodeHttp2(): typeof http2 {
  return process.getBuiltinModule('node:http2');
}
