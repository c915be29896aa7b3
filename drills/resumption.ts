import { connect, type ConnectionOptions } from 'node:tls';
import { secureContextOptions, type Channel } from '@themis-mesh/channel';
import { connectWithOpenssl, Stage, whyMissing, within, Workbench, type TestLeaf } from '@themis-mesh/testkit';
import { applyLoad, atLeast, atMost, type Goal, type Measurement } from '../scripts/measure/index.ts';

const TRIES = 10_000;
const TRIES_BY_OPENSSL = 200;
const AT_ONCE = 32;
const OPENSSL_AT_ONCE = 4;
const REQUEST = 'GET / HTTP/1.1\r\nhost: payments\r\nconnection: close\r\n\r\n';

/** Who offers a saved session, and where. */
interface Situation {
  readonly what: string;
  readonly stage: Stage;
  /** Undefined for nobody: the session is all that is shown. */
  readonly as: TestLeaf | undefined;
  /** What the accepter says first to whoever shows that leaf in a handshake of its own. */
  readonly answer: 'accepted' | 'chain-empty' | 'member-removed';
}

/**
 * Hooks that verify a peer are skipped on a resumed TLS session. Every session that an accepter lets a client save is offered
 * again: to the same accepter, to another one of the same service, after the leaf was replaced, by somebody else, by nobody,
 * and by a member that was removed meanwhile.
 */
export const resumption: Measurement = {
  name: 'resumption',
  summary: `${TRIES} tries to resume a TLS session, and ${TRIES_BY_OPENSSL} by openssl s_client: none is resumed`,
  async run({ print }) {
    await using home = await Stage.open({ onChannel: serve });
    await using elsewhere = await Stage.open();
    await using removing = await Stage.open();
    const situations = await layOut(home, elsewhere, removing);
    const goals = [...(await tryByNode(situations, print)), ...(await tryByOpenssl(home, print))];
    const resumed = [home, elsewhere, removing].flatMap(({ refusals }) => refusals).filter((code) => code === 'session-resumed');
    return [...goals, atMost('sessions that an accepter found resumed', resumed.length, 'connections', 0)];
  },
};

/** Ends what speaks HTTP with a response, and reads what does not. */
function serve({ socket, protocol }: Channel): void {
  if (protocol === 'http/1.1') socket.end('HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n');
  else socket.resume();
}

async function layOut(home: Stage, elsewhere: Stage, removing: Stage): Promise<readonly Situation[]> {
  const web = await home.app.leaf('web');
  const removed = await removing.app.leaf('web');
  removing.trust.takeApp(await removing.app.remove('web'));
  return [
    { what: 'at the same accepter', stage: home, as: web, answer: 'accepted' },
    { what: 'at another accepter', stage: elsewhere, as: await elsewhere.app.leaf('web'), answer: 'accepted' },
    { what: 'by another member', stage: home, as: await home.app.leaf('orders'), answer: 'accepted' },
    { what: 'by nobody', stage: home, as: undefined, answer: 'chain-empty' },
    { what: 'by a removed member', stage: removing, as: removed, answer: 'member-removed' },
  ];
}

async function tryByNode(situations: readonly Situation[], print: (line: string) => void): Promise<readonly Goal[]> {
  const [first] = situations;
  if (first === undefined) throw new TypeError('there is a situation');
  const sessions: Buffer[] = [];
  for (let index = 0; index < AT_ONCE; index += 1) await connectOnce(first, undefined, sessions);
  const collected = sessions.length / AT_ONCE;
  let next = 0;
  let offered = 0;
  let resumed = 0;
  let otherwise = 0;
  await applyLoad({
    inFlight: AT_ONCE,
    operations: TRIES,
    run: async () => {
      const index = next++;
      const situation = situations[index % situations.length] ?? first;
      // A leaf that is replaced leaves its sessions behind.
      if (index % 200 === 199) first.stage.credentials.swap(await first.stage.app.leaf('payments'));
      const session = sessions.shift();
      if (session !== undefined) offered += 1;
      const outcome = await connectOnce(situation, session, sessions);
      if (outcome.reused) resumed += 1;
      if (!outcome.said.includes(situation.answer)) otherwise += 1;
    },
  });
  print(`sessions offered ${situations.map(({ what }) => what).join(', ')}`);
  return [
    atLeast('tries with a saved session', offered, 'tries', TRIES),
    atLeast('sessions saved for them', collected, 'sessions a connection', 1),
    atMost('resumed, as the client sees it', resumed, 'sessions', 0),
    atMost('answered otherwise than in a handshake of their own', otherwise, 'connections', 0),
  ];
}

interface Outcome {
  readonly reused: boolean;
  /** The first bytes of the accepter. */
  readonly said: string;
}

/** Connects, offers a session where there is one, and adds to `saved` each that it is given. */
function connectOnce({ stage, as }: Situation, session: Buffer | undefined, saved: Buffer[]): Promise<Outcome> {
  const options: ConnectionOptions = {
    ...stage.address,
    rejectUnauthorized: false,
    ALPNProtocols: ['themis-tcp/1'],
    minVersion: 'TLSv1.3',
    ...(as === undefined ? {} : secureContextOptions(as)),
    ...(session === undefined ? {} : { session }),
  };
  return within(
    new Promise((resolve, reject) => {
      const socket = connect(options);
      socket.on('session', (some: Buffer) => saved.push(some));
      socket.once('error', reject);
      socket.once('data', (bytes: Buffer) => {
        resolve({ reused: socket.isSessionReused(), said: bytes.toString('latin1') });
        socket.destroy();
      });
    }),
  );
}

async function tryByOpenssl(stage: Stage, print: (line: string) => void): Promise<readonly Goal[]> {
  const missing = whyMissing('openssl', 'version');
  if (missing !== false) {
    print(`SKIPPED: ${missing}`);
    return [];
  }
  using workbench = new Workbench();
  const { key, chain } = await stage.app.leaf('web');
  const [leaf, ...rest] = chain.split(/(?<=-----END CERTIFICATE-----\n)/);
  const member = ['-alpn', 'http/1.1', '-ign_eof', ...workbench.present({ key, leaf, rest: rest.join('') })];
  let files = 0;
  let fresh = 0;
  await applyLoad({
    inFlight: OPENSSL_AT_ONCE,
    operations: TRIES_BY_OPENSSL,
    run: async () => {
      const session = workbench.path(`session-${files++}`);
      await connectWithOpenssl(stage.address, [...member, '-sess_out', session], REQUEST);
      const { said } = await connectWithOpenssl(stage.address, [...member, '-sess_in', session], REQUEST);
      if (/^New, TLSv1.3/m.test(said) && !/^Reused/m.test(said)) fresh += 1;
    },
  });
  return [atLeast('handshakes of their own by openssl -sess_in', fresh, 'connections', TRIES_BY_OPENSSL)];
}
