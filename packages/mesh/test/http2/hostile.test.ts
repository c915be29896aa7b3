import assert from 'node:assert/strict';
import type { Http2ServerResponse } from 'node:http2';
import { after, before, describe, test } from 'node:test';
import { systemClock, type Clock } from '@themis-mesh/channel';
import { HTTP2_LIMITS, type Http2Listener } from '@themis-mesh/mesh';
import { waitFor, within } from '@themis-mesh/testkit';
import {
  ACK,
  block,
  END_HEADERS,
  END_STREAM,
  FRAME,
  frame,
  HELLO,
  PREFACE,
  request,
  requestBlock,
  reset,
  word,
  type Frame,
} from './frames.ts';
import { allClosed, get, openConnections, openHttp2Bed, type Http2Bed, type RawCaller } from './http2-bed.ts';

/** What one member may do to a server of HTTP/2, frame by frame, while another is served. */
describe('a server of HTTP/2 and a hostile member', () => {
  let bed: Http2Bed;
  const served: string[] = [];
  const held: Http2ServerResponse[] = [];
  const fields: (readonly string[])[] = [];
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);

  before(async () => {
    process.on('uncaughtExceptionMonitor', note);
    const listener: Http2Listener = ({ url, rawHeaders }, response) => {
      served.push(url);
      if (url === '/held') {
        held.push(response);
        return;
      }
      fields.push(rawHeaders);
      response.end('served');
    };
    // Half a minute of silence is waited for where nothing else tells that a connection is over.
    const quick: Clock = { now: () => Date.now(), after: (milliseconds, run) => systemClock.after(milliseconds / 20, run) };
    bed = await openHttp2Bed(listener, {}, {}, quick);
  });

  after(async () => {
    await bed[Symbol.asyncDispose]();
    process.off('uncaughtExceptionMonitor', note);
    assert.deepEqual(uncaught, []);
  });

  /** Says something behind a good beginning, and waits until the server has ended the connection. */
  async function untilCut(bytes: Buffer): Promise<RawCaller> {
    const caller = await bed.raw();
    const { closed } = caller;
    await caller.say(HELLO);
    await caller.say(bytes);
    await within(closed, 'the end of the connection');
    await allClosed(bed.server);
    await stillServes();
    return caller;
  }

  async function stillServes(): Promise<void> {
    const session = await bed.session();
    assert.equal(await get(session, '/well'), 'served');
    session.destroy();
    await allClosed(bed.server);
  }

  test('streams that are opened and reset at once', async () => {
    served.length = 0;
    const flood = Array.from({ length: 20_000 }, (_, index) => [request(2 * index + 1), reset(2 * index + 1)]).flat();
    await untilCut(Buffer.concat(flood));
    assert.ok(served.length <= 2 * HTTP2_LIMITS.resetsAtOnce, `${served.length} served`);
  });

  test('streams that the server has to reset', async () => {
    // A WINDOW_UPDATE of 0 is an error of its stream (RFC 9113 section 6.9).
    const open = (stream: number): Buffer => request(stream, requestBlock({ ':method': 'POST' }), END_HEADERS);
    const flood = Array.from({ length: 20_000 }, (_, index) => {
      const stream = 2 * index + 1;
      return Buffer.concat([open(stream), frame(FRAME.windowUpdate, 0, stream, word(0))]);
    });
    await untilCut(Buffer.concat(flood));
  });

  test('CONTINUATION without end', async () => {
    const filler = frame(FRAME.continuation, 0, 1, block(['x-filler', 'x'.repeat(8000)]));
    await untilCut(Buffer.concat([request(1, requestBlock(), END_STREAM), ...Array<Buffer>(200).fill(filler)]));
  });

  test('CONTINUATION frames with nothing in them', async () => {
    const empty = frame(FRAME.continuation, 0, 1);
    await untilCut(Buffer.concat([request(1, requestBlock(), END_STREAM), ...Array<Buffer>(10_000).fill(empty)]));
  });

  test('a header block that unpacks to far more than was sent', async () => {
    // One entry of the dynamic table (RFC 7541 section 6.2.1), then references to it.
    const value = Buffer.alloc(3000, 'x');
    const name = Buffer.from('x-bomb');
    const entry = Buffer.concat([Buffer.from([0x40, name.length]), name, Buffer.from([0x7f, 0xb9, 0x16]), value]);
    const bomb = request(1, Buffer.concat([requestBlock(), entry, Buffer.alloc(4000, 0xbe)]), END_STREAM | END_HEADERS);
    served.length = 0;
    const caller = await bed.raw();
    await caller.say(Buffer.concat([HELLO, bomb]));
    await waitFor(() => caller.channel.socket.destroyed || resets(caller).length > 0, 'the refusal');
    assert.deepEqual(served, []);
    caller.channel.cut();
    await stillServes();
  });

  test('more fields than a request may have', async () => {
    served.length = 0;
    const fields = Array.from({ length: 1000 }, (_, index) => [`x-${index}`, 'y'] as const);
    const caller = await bed.raw();
    await caller.say(Buffer.concat([HELLO, request(1, requestBlock({}, ...fields))]));
    await waitFor(() => caller.channel.socket.destroyed || resets(caller).length > 0, 'the refusal');
    assert.deepEqual(served, []);
    caller.channel.cut();
    await stillServes();
  });

  test('header blocks of thousands of streams that are kept open', async () => {
    const big = [['x-big', 'x'.repeat(10_000)]] as const;
    const streams = 2000;
    const blocks = Array.from({ length: streams }, (_, index) =>
      request(2 * index + 1, requestBlock({ ':method': 'POST', ':path': '/held' }, ...big), END_HEADERS),
    );
    served.length = 0;
    const caller = await bed.raw();
    await caller.say(Buffer.concat([HELLO, ...blocks]));
    // Some releases end the connection, some refuse each stream beyond the limit.
    const refused = streams - HTTP2_LIMITS.streams;
    await waitFor(() => caller.channel.socket.destroyed || resets(caller).length >= refused, 'the refusals');
    assert.ok(held.length <= HTTP2_LIMITS.streams, `${held.length} held`);
    await stillServesBeside(caller);
    caller.channel.cut();
    await allClosed(bed.server);
  });

  const NUISANCES: Readonly<Record<string, Buffer>> = {
    PING: frame(FRAME.ping, 0, 0, Buffer.alloc(8)),
    SETTINGS: frame(FRAME.settings, 0, 0),
    'SETTINGS that change windows': frame(FRAME.settings, 0, 0, Buffer.from([0, 4, 0, 0, 0xff, 0xff])),
    PRIORITY: frame(FRAME.priority, 0, 1, Buffer.from([0, 0, 0, 0, 0])),
    'an unknown frame': frame(0x77, 0, 0, Buffer.alloc(16)),
    'a GOAWAY': frame(FRAME.goaway, 0, 0, Buffer.alloc(8)),
    'a WINDOW_UPDATE of 1': frame(FRAME.windowUpdate, 0, 0, word(1)),
  };

  for (const [what, one] of Object.entries(NUISANCES)) {
    test(`10,000 times ${what}, and memory is given back`, async () => {
      const caller = await bed.raw();
      await caller.say(HELLO);
      await caller.say(Buffer.concat(Array<Buffer>(10_000).fill(one)));
      await stillServesBeside(caller);
      caller.channel.cut();
      await allClosed(bed.server);
    });
  }

  /** The other caller is served though this one is still there. */
  async function stillServesBeside({ channel }: RawCaller): Promise<void> {
    const session = await bed.session();
    assert.equal(await get(session, '/beside'), 'served');
    session.destroy();
    await waitFor(async () => (await openConnections(bed.server)) <= (channel.socket.destroyed ? 0 : 1), 'the end of the other');
  }

  const FATAL: Readonly<Record<string, Buffer>> = {
    'a WINDOW_UPDATE of 0 for the connection': frame(FRAME.windowUpdate, 0, 0, word(0)),
    'a window beyond 2^31': frame(FRAME.windowUpdate, 0, 0, word(0x7fff_ffff)),
    'a frame longer than agreed': frame(FRAME.data, 0, 1, Buffer.alloc(16_385)),
    'DATA on no stream': frame(FRAME.data, 0, 0, Buffer.alloc(1)),
    'DATA on a stream that was never opened': frame(FRAME.data, 0, 1, Buffer.alloc(1)),
    'a reset of a stream that was never opened': reset(1),
    'an even stream': request(2),
    'a push': frame(FRAME.pushPromise, END_HEADERS, 1, Buffer.concat([word(2), requestBlock()])),
    'a CONTINUATION of nothing': frame(FRAME.continuation, END_HEADERS, 1, requestBlock()),
    'a block that is no HPACK': request(1, Buffer.alloc(20, 0xff)),
    'another frame between a block and its end': Buffer.concat([request(1, requestBlock(), END_STREAM), request(3)]),
    'an acknowledgement with a payload': frame(FRAME.settings, ACK, 0, Buffer.alloc(6)),
    'a SETTINGS on a stream': frame(FRAME.settings, 0, 1),
    'a GOAWAY too short': frame(FRAME.goaway, 0, 0, Buffer.alloc(2)),
    'padding longer than its frame': frame(FRAME.data, 0x8, 1, Buffer.from([0xff])),
    'a stream that depends on itself': frame(FRAME.headers, 0x25, 1, Buffer.concat([word(1), Buffer.from([1]), requestBlock()])),
  };

  for (const [what, bytes] of Object.entries(FATAL)) {
    test(`${what} ends that connection, and no other`, async () => {
      served.length = 0;
      const caller = await bed.raw();
      await caller.say(HELLO);
      await caller.say(bytes);
      await waitFor(() => caller.channel.socket.destroyed || goodbyes(caller).length > 0 || resets(caller).length > 0, 'the end');
      assert.deepEqual(served, []);
      caller.channel.cut();
      await allClosed(bed.server);
      await stillServes();
    });
  }

  test('a beginning that is no preface', async () => {
    for (const bytes of [
      Buffer.from('GET / HTTP/1.1\r\nhost: a\r\n\r\n'),
      Buffer.alloc(64),
      request(1),
      PREFACE.subarray(0, 10),
    ]) {
      const caller = await bed.raw();
      await caller.say(bytes);
      caller.channel.socket.end();
      await allClosed(bed.server);
    }
    await stillServes();
  });

  const MALFORMED: Readonly<Record<string, Buffer>> = {
    'a path without a slash': requestBlock({ ':path': 'svc/Method' }),
    'a path in absolute form': requestBlock({ ':path': 'http://other/' }),
    'an empty path': requestBlock({ ':path': '' }),
    'an asterisk for GET': requestBlock({ ':path': '*' }),
    'a fragment': requestBlock({ ':path': '/a#b' }),
    'a path without a slash, behind another scheme': requestBlock({ ':scheme': 'other', ':path': 'svc/Method' }),
    'an unknown scheme': requestBlock({ ':scheme': 'other' }),
    'an upper-case name': requestBlock({}, ['X-A', 'b']),
    connection: requestBlock({}, ['connection', 'close']),
    'transfer-encoding': requestBlock({}, ['transfer-encoding', 'chunked']),
    'te other than trailers': requestBlock({}, ['te', 'gzip']),
    'two paths': Buffer.concat([requestBlock(), block([':path', '/other'])]),
    'a pseudo-field of its own': requestBlock({ ':x-themis-caller': 'web' }),
    'a pseudo-field behind the fields': Buffer.concat([requestBlock({}, ['x-a', 'b']), block([':authority', 'other'])]),
    'a host that is not the authority': requestBlock({}, ['host', 'other']),
    'a line break in a method': requestBlock({ ':method': 'GET\r\n' }),
    'a space in a path': requestBlock({ ':path': '/a b' }),
  };

  for (const [what, bytes] of Object.entries(MALFORMED)) {
    test(`a request with ${what} reaches no listener`, async () => {
      served.length = 0;
      const caller = await bed.raw();
      await caller.say(Buffer.concat([HELLO, request(1, bytes)]));
      await waitFor(() => resets(caller).length + responses(caller).length + goodbyes(caller).length > 0, 'the refusal');
      assert.deepEqual(served, []);
      caller.channel.cut();
      await allClosed(bed.server);
    });
  }

  // nghttp2 passes over a field that is none; what is served has nothing of it.
  const DROPPED: Readonly<Record<string, Buffer>> = {
    'a line break in a value': requestBlock({}, ['x-a', 'b\r\nx-c: d']),
    'a NUL in a value': requestBlock({}, ['x-a', 'b\0c']),
    'a colon in a name': requestBlock({}, ['x-a: b', 'c']),
    'a space in a name': requestBlock({}, ['x a', 'b']),
    'an empty name': requestBlock({}, ['', 'b']),
  };

  for (const [what, bytes] of Object.entries(DROPPED)) {
    test(`of a request with ${what} that field is not served`, async () => {
      const before = fields.length;
      const caller = await bed.raw();
      await caller.say(Buffer.concat([HELLO, request(1, bytes)]));
      await waitFor(() => responses(caller).length > 0, 'the answer');
      assert.deepEqual(fields.slice(before), [[':method', 'GET', ':scheme', 'https', ':path', '/', ':authority', 'payments']]);
      caller.channel.cut();
      await allClosed(bed.server);
    });
  }

  test('two lengths of one body are refused', async () => {
    served.length = 0;
    const fields = [['content-length', '5'] as const, ['content-length', '6'] as const];
    const caller = await bed.raw();
    await caller.say(Buffer.concat([HELLO, request(1, requestBlock({ ':method': 'POST' }, ...fields), END_HEADERS)]));
    await waitFor(() => resets(caller).length > 0, 'the refusal');
    assert.deepEqual(served, []);
    caller.channel.cut();
    await allClosed(bed.server);
  });

  test('a caller that says goodbye and stays is let go of', async () => {
    const caller = await bed.raw();
    await caller.say(Buffer.concat([HELLO, request(1)]));
    await waitFor(() => served.includes('/'), 'the request');
    // This side never ends by itself.
    caller.channel.socket.allowHalfOpen = true;
    await caller.say(frame(FRAME.goaway, 0, 0, Buffer.alloc(8)));
    await allClosed(bed.server, HTTP2_LIMITS.goodbyeMs + 5000);
    caller.channel.cut();
  });

  function ofType(caller: RawCaller, type: number): readonly Frame[] {
    return caller.heard().filter((one) => one.type === type);
  }

  function resets(caller: RawCaller): readonly Frame[] {
    return ofType(caller, FRAME.rstStream);
  }

  /** Answers other than 2xx: a test that ends with one of those fails by what was served. */
  function responses(caller: RawCaller): readonly Frame[] {
    return ofType(caller, FRAME.headers);
  }

  function goodbyes(caller: RawCaller): readonly Frame[] {
    return ofType(caller, FRAME.goaway);
  }
});
