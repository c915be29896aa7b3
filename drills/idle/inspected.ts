import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { memoryOf } from '../../scripts/measure/index.ts';

/** Given to Node.js, so that a process can be asked from outside. It takes a port of its own. */
export const INSPECTED: readonly string[] = ['--inspect=127.0.0.1:0'];

/** What a process holds when nothing is left to be collected. Bytes. */
export interface HeldMemory {
  readonly resident: number;
  /** Of JavaScript, and what its objects hold outside of its heap. */
  readonly objects: number;
}

/** Objects that end in one collection let go of others in the next. */
const COLLECTIONS = 3;
/** The collector gives pages back to the system a moment later, on threads of its own. */
const RELEASE_MS = 1000;

/** Another process of Node.js, asked by its inspector, so that its memory holds nothing that its collector has yet to take. */
export class Inspected implements Disposable {
  readonly #pid: number;
  readonly #socket: WebSocket;
  #last = 0;

  private constructor(pid: number, socket: WebSocket) {
    this.#pid = pid;
    this.#socket = socket;
  }

  /** @param log what the process wrote, in which its inspector says where it listens */
  static async attach(pid: number, log: string): Promise<Inspected> {
    const url = /^Debugger listening on (ws:\/\/127\.0\.0\.1:\S+)$/m.exec(log)?.[1];
    if (url === undefined) throw new TypeError('the process has no inspector');
    const socket = new WebSocket(url);
    await once(socket, 'open');
    return new Inspected(pid, socket);
  }

  /** Has it collect its garbage. */
  async memory(): Promise<HeldMemory> {
    for (let time = 0; time < COLLECTIONS; time += 1) await this.#ask('HeapProfiler.collectGarbage');
    await delay(RELEASE_MS);
    const { usedSize, backingStorageSize = 0 } = await this.#ask('Runtime.getHeapUsage');
    return { resident: memoryOf(this.#pid).resident, objects: Number(usedSize) + Number(backingStorageSize) };
  }

  [Symbol.dispose](): void {
    this.#socket.close();
  }

  async #ask(method: string): Promise<Readonly<Record<string, unknown>>> {
    const id = (this.#last += 1);
    const answer = new Promise<Readonly<Record<string, unknown>>>((resolve) => {
      const read = ({ data }: MessageEvent): void => {
        const message = JSON.parse(String(data)) as { readonly id?: number; readonly result?: Record<string, unknown> };
        if (message.id !== id) return;
        this.#socket.removeEventListener('message', read);
        resolve(message.result ?? {});
      };
      this.#socket.addEventListener('message', read);
    });
    this.#socket.send(JSON.stringify({ id, method }));
    return answer;
  }
}
