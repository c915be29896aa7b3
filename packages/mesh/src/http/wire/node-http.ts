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
export const STATUS_CODES: typeof http.STATUS_CODES = builtin.STATUS_CODES;

/**
 * Gives a message its fields as Node's parser does: its `headers`, or its `trailers` where it is complete, are made of them when
 * they are asked for, and only so.
 */
export function addFields(message: IncomingMessage, fields: string[]): void {
  (message as IncomingMessage & { _addHeaderLines(fields: string[], count: number): void })._addHeaderLines(
    fields,
    fields.length,
  );
}
