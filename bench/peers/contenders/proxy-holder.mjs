// The program behind the client's sidecar: tells the benchmark, in a file that only its user can read, which proxy it was given.
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [, , port, file] = process.argv;
createServer((_request, response) => response.end()).listen(Number(port), '127.0.0.1', () => {
  writeFileSync(file, process.env.THEMIS_PROXY, { mode: 0o600 });
});
