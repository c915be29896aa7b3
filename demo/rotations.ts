import { X509Certificate } from 'node:crypto';
import type { ShopDirectory } from './ground/directory.ts';

/** Counts the leaves of services by what their instances publish: each record carries the leaf that signed it. */
export class Rotations implements Disposable {
  readonly #serials = new Map<string, Set<string>>();
  readonly #ended = new AbortController();

  /** Looks on until it is disposed of. */
  constructor(shop: ShopDirectory, services: readonly string[]) {
    for (const service of services) {
      this.#serials.set(service, new Set());
      void this.#follow(shop, service).catch(() => undefined);
    }
  }

  /** How many leaves of a service came after the first. */
  of(service: string): number {
    return Math.max(0, (this.#serials.get(service)?.size ?? 0) - 1);
  }

  [Symbol.dispose](): void {
    this.#ended.abort();
  }

  async #follow(shop: ShopDirectory, service: string): Promise<void> {
    const id = await shop.idOf(service);
    for await (const _ of shop.directory.watch({ kind: 'instances', id }, this.#ended.signal)) {
      for (const { leaf } of await shop.instances(id)) this.#serials.get(service)?.add(new X509Certificate(leaf).serialNumber);
    }
  }
}
