import type http2 from 'node:http2';

/**
 * `node:http2`, loaded when somebody asks for a server of it. An `import` would load it, and with `node:http` all of undici,
 * before the first call of every program that never speaks HTTP/2.
 */
export function nodeHttp2(): typeof http2 {
  return process.getBuiltinModule('node:http2');
}
