// The same over plain mutual TLS with what Node.js brings.
import { readFileSync } from 'node:fs';
import { request } from 'node:https';

const [, , folder, port] = process.argv;
const file = (name) => readFileSync(`${folder}/${name}`);
const credentials = { ca: file('ca.pem'), cert: file('leaf.pem'), key: file('leaf.key') };
request({ host: '127.0.0.1', port, servername: 'localhost', path: '/charge', ...credentials }, (message) => {
  let size = 0;
  message.on('data', (bytes) => (size += bytes.length));
  message.on('end', () => {
    if (size !== 1024) throw new Error('not the answer');
    process.stdout.write(`${performance.now()}\n`);
    process.exit();
  });
}).end();
