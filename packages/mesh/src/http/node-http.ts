import type http from 'node:http';

/**
 * The parts of `node:http` that are used here.
 *
 * An `import` of a builtin module reads every property of it, to fill the names of the module; in `node:http` some of them
 * load all of undici, which takes longer than all the rest of a first call (Node 24 and 26). This way they are left alone.
 */
const builtin: typeof http = process.getBuiltinModule('node:http');

export const Agent: typeof http.Agent = builtin.Agent;
export type IncomingMessage = http.IncomingMessage;
export const IncomingMessage: typeof http.IncomingMessage = builtin.IncomingMessage;
export const Server: typeof http.Server = builtin.Server;
export type ServerResponse = http.ServerResponse;
export const ServerResponse: typeof http.ServerResponse = builtin.ServerResponse;
export const request: typeof http.request = builtin.request;
