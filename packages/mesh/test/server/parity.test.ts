import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { test } from 'node:test';
import { within } from '@themis-mesh/testkit';
import type { Mesh } from '@themis-mesh/mesh';
import { TestHome } from '../test-home.ts';
import { connectionCases } from './connection-cases.ts';
import { Conversation } from './conversation.ts';
import { MALFORMED } from './malformed.ts';
import { messageCases } from './message-cases.ts';
import { Log, type ServerCase } from './server-case.ts';

/** All that was seen of a case, from both sides. */
interface Transcript {
  readonly bytes: string;
  readonly events: readonly string[];
}

type Dial = (port: number) => Promise<Duplex>;

/** Runs a case on a server and writes down what happens. */
async function transcribe({ listener, prepare, play }: ServerCase, server: Server, dial: Dial): Promise<Transcript> {
  const log = new Log();
  if (listener !== undefined) server.on('request', listener);
  prepare?.(server, log);
  const emit = server.emit.bind(server) as (event: string | symbol, ...args: unknown[]) => boolean;
  server.emit = (event: string | symbol, ...args: unknown[]): boolean => {
    log.note(`server ${String(event)}`);
    return emit(event, ...args);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const talk = new Conversation(await dial((server.address() as AddressInfo).port));
  try {
    await within(play(talk, server, log), 'the case to end');
    return { bytes: talk.transcript, events: [...log.notes] };
  } finally {
    talk.leave();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

/** Both ways of serving the same. */
async function compare(home: TestHome, mesh: Mesh, each: ServerCase): Promise<Transcript> {
  const { options = {} } = each;
  const plain = await transcribe(each, createServer(options), (port) => Promise.resolve(connect(port, '127.0.0.1')));
  const ours = await transcribe(each, mesh.createServer(options), async (port) => (await home.channel('web', port)).socket);
  assert.deepEqual(ours, plain);
  return plain;
}

test('a mesh server does what a server of node:http does, byte for byte and event for event', async (t) => {
  await using home = await TestHome.create('web', 'payments');
  const mesh = await home.join('payments');
  for (const each of [...messageCases(), ...connectionCases()]) {
    await t.test(each.name, async () => {
      const { events } = await compare(home, mesh, each);
      assert.ok(events.includes('server connection'));
    });
  }
});

test('and refuses what it refuses, by the same answer', async (t) => {
  await using home = await TestHome.create('web', 'payments');
  const mesh = await home.join('payments');
  for (const [name, bytes] of Object.entries(MALFORMED)) {
    await t.test(name, async () => {
      const { bytes: answer } = await compare(home, mesh, {
        name,
        listener: (request, response) => {
          request.on('error', () => undefined);
          request.resume();
          request.on('end', () => response.end('taken'));
        },
        play: async (talk) => {
          talk.say(bytes);
          await talk.over();
        },
      });
      assert.ok(!answer.includes('taken'));
    });
  }
});
