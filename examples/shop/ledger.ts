// A program that knows nothing of Themis: raw TCP on loopback, a line in and a line out.
//
//     put ACCOUNT ID TEXT   enters a line; the answer is the ID and the line's SHA-256
//     count ACCOUNT         how many lines the account has
import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

const [port = '7304'] = process.argv.slice(2);
const entries = new Map<string, number>();

const server = createServer((socket) => {
  createInterface({ input: socket })
    .on('line', (line) => {
      if (socket.writable) socket.write(`${take(line)}\n`);
    })
    // A connection that breaks off is the caller's matter.
    .on('error', () => socket.destroy());
});
server.listen(Number(port), '127.0.0.1');
process.once('SIGTERM', () => server.close());

function take(line: string): string {
  const [verb, account = '', id = ''] = line.split(' ');
  const count = entries.get(account) ?? 0;
  if (verb === 'count') return String(count);
  if (verb !== 'put') return 'put or count';
  entries.set(account, count + 1);
  return `${id} ${createHash('sha256').update(line).digest('hex')}`;
}
