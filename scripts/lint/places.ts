import type { OnePlaceOptions } from './one-place.ts';

/**
 * What a package's source may use in named files only, and why it may there.
 *
 * The lint fails for an entry whose file is gone or no longer uses what it was let.
 */
export const PLACES: OnePlaceOptions = {
  'Math.random': [],
  'buffered randomness': [
    { file: 'packages/agent/src/up/run-up.ts', because: 'spreads restarts, and is no secret' },
    { file: 'packages/mesh/src/chance.ts', because: 'spreads calls and renewals, and is no secret' },
  ],
  'process.env': [
    { file: 'packages/channel/src/environment.ts', because: 'refuses to run where the environment turns off the checks of TLS' },
    { file: 'packages/cli/src/main.ts', because: 'the one place of the command line that knows the process' },
    { file: 'packages/mesh/src/environment.ts', because: 'a program that gives join() no home means the one of its environment' },
  ],
  'process.exit': [{ file: 'packages/cli/src/main.ts', because: 'hands the process on, to commands that run programs in it' }],
  rejectUnauthorized: [
    { file: 'packages/channel/src/dial.ts', because: 'no store of roots knows these chains; our verifier judges them' },
    { file: 'packages/channel/src/door/knock.ts', because: 'the same; the door alone proves who it is' },
    { file: 'packages/channel/src/listener.ts', because: 'the same, before a byte reaches a parser' },
    { file: 'packages/channel/src/look.ts', because: 'nothing is sent to whom it finds there, and nothing believed' },
    { file: 'packages/testkit/src/one-flight.ts', because: 'it plays an attacker, who believes anybody' },
  ],
  'raw TLS': [
    { file: 'packages/agent/src/h2/node-http2.ts', because: 'speaks plain HTTP/2 to the app beside it' },
    { file: 'packages/channel/src/dial.ts', because: 'the one place that connects, with our verifier behind it' },
    {
      file: 'packages/channel/src/door/door.ts',
      because: 'accepts those who belong to no app yet, and believes nothing of them',
    },
    { file: 'packages/channel/src/door/knock.ts', because: 'connects to such a door, with our verifier behind it' },
    { file: 'packages/channel/src/listener.ts', because: 'the one place that accepts, with our verifier behind it' },
    { file: 'packages/channel/src/look.ts', because: 'fetches what a peer presents, to be shown and judged' },
    {
      file: 'packages/mesh/src/http2/node-http2.ts',
      because: 'makes servers of HTTP/2 without TLS: channels are handed to them',
    },
    { file: 'packages/testkit/src/one-flight.ts', because: 'it plays an attacker, who waits for no answer' },
  ],
  'global fetch': [
    {
      file: 'packages/directory-http/src/client/fetch-nodes.ts',
      because: 'functions have only that; every record that comes is verified, whoever brought it',
    },
  ],
};
