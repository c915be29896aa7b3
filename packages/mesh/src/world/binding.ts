import type { AddressInfo } from 'node:net';
import { ThemisError } from '@themis-mesh/core';
import type { Listen, Listening, ListenWish } from './listening.ts';

type Stage =
  | { readonly is: 'idle' }
  | { readonly is: 'opening'; readonly listening: Promise<Listening> }
  | { readonly is: 'open'; readonly listening: Listening }
  | { readonly is: 'closing'; readonly closed: Promise<void> };

/** A server's hold on its listener. */
export class Binding {
  readonly #listen: Listen;
  #stage: Stage = { is: 'idle' };

  constructor(listen: Listen) {
    this.#listen = listen;
  }

  get address(): AddressInfo | undefined {
    return this.#stage.is === 'open' ? this.#stage.listening.address : undefined;
  }

  /** Whether a listener is open, or about to be, or about to be closed. */
  get isIdle(): boolean {
    return this.#stage.is === 'idle';
  }

  /**
   * @param onClosed called when the listener is closed, by whoever closed it
   * @throws ThemisError `THEMIS_PORT_IN_USE`, `THEMIS_CONFIG_INVALID`, `THEMIS_CLOSED`; it is idle again then
   */
  async open(wish: ListenWish, onClosed: () => void): Promise<AddressInfo> {
    if (this.#stage.is !== 'idle') throw new ThemisError('THEMIS_CONFIG_INVALID', 'the server listens already');
    const opening = this.#listen(wish);
    this.#stage = { is: 'opening', listening: opening };
    try {
      const listening = await opening;
      if (this.#stage.is === 'opening') this.#stage = { is: 'open', listening };
      void listening.closed.then(() => {
        this.#stage = { is: 'idle' };
        onClosed();
      });
      return listening.address;
    } catch (error) {
      this.#stage = { is: 'idle' };
      throw error;
    }
  }

  /** Closes the listener; one that is being opened as soon as it is. Resolves when it is closed. */
  async close(): Promise<void> {
    const stage = this.#stage;
    if (stage.is === 'idle') return;
    if (stage.is === 'closing') return stage.closed;
    const closed = closeWhenOpen(stage.listening);
    this.#stage = { is: 'closing', closed };
    await closed;
  }
}

async function closeWhenOpen(listening: Listening | Promise<Listening>): Promise<void> {
  const open = await Promise.resolve(listening).catch(() => undefined);
  await open?.close();
}
