import { createServer, request as httpRequest, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { Mesh } from '@themis-mesh/mesh';
import { serviceName, type TestHome } from '../test-home.ts';

/** What a client asks. */
export interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: readonly string[];
  /** Strings go in pieces of their own. */
  readonly body?: readonly string[];
  readonly trailers?: readonly [string, string][];
  /** Goes away when so many bytes of the answer have come; 0: before any, when the server has the whole request. */
  readonly leavesAfter?: number;
}

/** What a client saw. */
export interface Seen {
  readonly status?: number;
  readonly reason?: string;
  readonly fields?: readonly string[];
  readonly body?: string;
  readonly trailers?: readonly string[];
  readonly interim?: readonly number[];
  readonly broke?: boolean;
}

/** What both sides saw of one exchange. */
export interface Transcript {
  readonly seen: Seen;
  readonly server: readonly string[];
}

/** Answers, and writes down what it sees. */
export type Scripted = (request: IncomingMessage, response: ServerResponse, note: (line: string) => void) => void;

/** What is said of one connection, which frames have none of, and what differs from one second to the next. */
const NOT_COMPARED: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date']);

/** Makes one exchange, and returns when both sides are done with it. */
export type Stage = (script: Scripted, ask: Ask) => Promise<Transcript>;

/** Plain `node:http` at both ends: what the mesh has to match. */
export async function onPlainHttp(script: Scripted, ask: Ask): Promise<Transcript> {
  const { listener, server: notes, hasRequest, isDone } = scripted(script);
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const seen = await askPlain(port, ask, hasRequest);
    await isDone;
    return { seen, server: await notes() };
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** The same handler behind a mesh server, asked over a tunnel. */
export async function onMesh(home: TestHome, script: Scripted, ask: Ask): Promise<Transcript> {
  const { listener, server: notes, hasRequest, isDone } = scripted(script);
  const { server } = await home.serve('payments', listener);
  const web = await home.join('web');
  try {
    const seen = await askMesh(web, ask, hasRequest);
    await isDone;
    return { seen, server: await notes() };
  } finally {
    server.close();
    await web.close();
  }
}

function scripted(script: Scripted): {
  readonly listener: RequestListener;
  readonly server: () => Promise<readonly string[]>;
  readonly hasRequest: Promise<unknown>;
  readonly isDone: Promise<unknown>;
} {
  const notes: string[] = [];
  const [received, done] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()];
  const note = (line: string): void => {
    notes.push(line);
  };
  const listener: RequestListener = (request, response) => {
    note(`${request.method} ${request.url} HTTP/${request.httpVersion}`);
    note(fieldsOf(request.rawHeaders).sort().join(' | '));
    for (const event of ['end', 'aborted', 'close']) request.on(event, () => note(`request ${event}`));
    request.on('error', (error: NodeJS.ErrnoException) => note(`request error ${error.code}`));
    for (const event of ['finish', 'close', 'prefinish']) response.on(event, () => note(`response ${event}`));
    response.on('error', (error: NodeJS.ErrnoException) => note(`response error ${error.code}`));
    request.once('end', () => setImmediate(() => received.resolve(undefined)));
    response.once('close', () => {
      note(`sent ${response.headersSent} ended ${response.writableEnded} finished ${response.writableFinished}`);
      note(`complete ${request.complete} trailers ${fieldsOf(request.rawTrailers).join(' | ')}`);
      // What is emitted in the same turn belongs to it.
      setImmediate(() => setImmediate(() => done.resolve(undefined)));
    });
    script(request, response, note);
  };
  return { listener, hasRequest: received.promise, isDone: done.promise, server: () => Promise.resolve([...notes]) };
}

/** Without what is not compared, and in one case: HTTP names have none. */
function fieldsOf(raw: readonly string[]): string[] {
  const fields: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? '').toLowerCase();
    if (!NOT_COMPARED.has(name)) fields.push(`${name}: ${raw[index + 1]}`);
  }
  return fields;
}

function askPlain(port: number, ask: Ask, hasRequest: Promise<unknown>): Promise<Seen> {
  const { method = 'GET', path = '/', headers = [], body, trailers, leavesAfter } = ask;
  const interim: number[] = [];
  return new Promise((resolve) => {
    const framed = body === undefined ? headers : [...headers, 'transfer-encoding', 'chunked'];
    const request = httpRequest({ port, method, path, headers: [...framed, 'host', 'payments'], agent: false });
    request.on('information', ({ statusCode }: { statusCode: number }) => interim.push(statusCode));
    request.on('response', (message: IncomingMessage) => {
      void read(message, leavesAfter).then((rest) => {
        resolve({ status: message.statusCode ?? 0, reason: message.statusMessage ?? '', ...rest, interim });
        request.destroy();
      });
    });
    request.on('error', () => resolve({ broke: true, interim }));
    for (const piece of body ?? []) request.write(piece);
    if (trailers !== undefined) request.addTrailers(trailers);
    request.end();
    if (leavesAfter === 0) void hasRequest.then(() => request.destroy());
  });
}

async function askMesh(mesh: Mesh, ask: Ask, hasRequest: Promise<unknown>): Promise<Seen> {
  const { method = 'GET', path = '/', headers = [], body, trailers, leavesAfter } = ask;
  const interim: number[] = [];
  const leaving = new AbortController();
  if (leavesAfter === 0) void hasRequest.then(() => leaving.abort());
  try {
    const answer = await mesh.send({
      service: serviceName('payments'),
      method,
      path,
      headers,
      ...(body === undefined
        ? {}
        : {
            body: Readable.from(
              body.map((piece) => Buffer.from(piece)),
              { objectMode: false },
            ),
          }),
      ...(trailers === undefined ? {} : { trailers: () => trailers }),
      onInformation: (status) => interim.push(status),
      signal: leaving.signal,
    });
    const rest = await read(answer.message, leavesAfter);
    return { status: answer.status, reason: answer.statusText, ...rest, interim };
  } catch {
    return { broke: true, interim };
  }
}

interface Readings extends Readable {
  readonly rawHeaders: string[];
  readonly rawTrailers: string[];
}

function read(message: Readings, leavesAfter: number | undefined): Promise<Seen> {
  return new Promise((resolve) => {
    let body = '';
    const seen = (broke: boolean): Seen => ({
      fields: fieldsOf(message.rawHeaders),
      body,
      trailers: fieldsOf(message.rawTrailers),
      broke,
    });
    message.on('data', (chunk: Buffer) => {
      body += chunk.toString('latin1');
      if (leavesAfter === undefined || body.length < leavesAfter) return;
      message.destroy();
      resolve(seen(true));
    });
    message.on('end', () => resolve(seen(false)));
    message.on('error', () => resolve(seen(true)));
  });
}
