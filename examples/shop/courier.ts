// A program that knows nothing of Themis: it runs errands by plain HTTP, by Node's own fetch or by curl. Behind a sidecar the
// environment names a proxy, which both heed, and `http://orders.mesh.internal/` is the service orders.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { buffer, text } from 'node:stream/consumers';

interface Errand {
  readonly client: 'curl' | 'fetch';
  readonly url: string;
  /** Sent by POST where there is one. */
  readonly body?: string;
}

interface Outcome {
  readonly status: number;
  readonly body: string;
}

const [port = '7305'] = process.argv.slice(2);

const server = createServer((request, response) => {
  void buffer(request)
    .then((bytes) => run(bytes.length === 0 ? undefined : (JSON.parse(bytes.toString()) as Errand)))
    .catch((error: unknown) => ({ status: 599, body: String(error) }))
    .then((outcome) => response.end(JSON.stringify(outcome)));
});
server.listen(Number(port), '127.0.0.1');
process.once('SIGTERM', () => server.close());

async function run(errand: Errand | undefined): Promise<Outcome> {
  if (errand === undefined) return { status: 200, body: 'no errand' };
  return errand.client === 'curl' ? runCurl(errand) : runFetch(errand);
}

async function runFetch({ url, body }: Errand): Promise<Outcome> {
  const response = await fetch(url, body === undefined ? {} : { method: 'POST', body });
  return { status: response.status, body: await response.text() };
}

async function runCurl({ url, body }: Errand): Promise<Outcome> {
  const post = body === undefined ? [] : ['--data-binary', '@-', '--header', 'content-type: text/plain'];
  const child = spawn('curl', ['--silent', '--show-error', '--write-out', '\n%{http_code}', ...post, url]);
  child.stdin.end(body);
  const [told, trouble] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const end = told.lastIndexOf('\n');
  return { status: Number(told.slice(end + 1)), body: trouble === '' ? told.slice(0, end) : trouble };
}
