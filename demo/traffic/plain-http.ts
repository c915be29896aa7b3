import { Agent, request as httpRequest } from 'node:http';
import { buffer } from 'node:stream/consumers';

export interface PlainAnswer {
  readonly status: number;
  readonly body: Buffer;
}

/** A client outside the mesh: plain HTTP on loopback, on connections that are kept. */
export class PlainClient implements Disposable {
  readonly #agent = new Agent({ keepAlive: true });

  /** A GET; with a body a POST. */
  ask(port: number, path: string, body?: Buffer | string): Promise<PlainAnswer> {
    return new Promise((resolve, reject) => {
      const method = body === undefined ? 'GET' : 'POST';
      const request = httpRequest({ agent: this.#agent, host: '127.0.0.1', port, path, method }, (response) => {
        buffer(response).then((bytes) => {
          resolve({ status: response.statusCode ?? 0, body: bytes });
        }, reject);
      });
      request.setTimeout(10_000, () => request.destroy(new Error('no answer for 10 s')));
      request.once('error', reject);
      request.end(body);
    });
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}
