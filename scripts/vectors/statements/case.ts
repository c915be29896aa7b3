import type { Json } from '../../../packages/core/src/encoding/canonical-json.ts';
import type { RefusalCode } from '../../../packages/core/src/outcome/refusals.ts';
import type { JsonObject } from '../../../packages/core/test/builders/forge.ts';
import { toBase64url } from '../../../packages/core/src/encoding/base64url.ts';

/** A file as it is written: `vectors/README.md` says what stands in it. */
export interface VectorFile {
  readonly format: 'themis-vectors/1';
  readonly about: string;
  readonly contexts?: Json;
  readonly cases: readonly Json[];
}

/** The cases of one file, of one operation at a time. */
export class Cases {
  readonly #cases: Json[] = [];
  readonly #context: { readonly context?: 'shared' };
  readonly #shared: JsonObject | undefined;

  /** @param shared inputs that all cases have in common */
  constructor(shared?: JsonObject) {
    this.#shared = shared;
    this.#context = shared === undefined ? {} : { context: 'shared' };
  }

  /** @param about what the case shows */
  accepted(operation: string, name: string, about: string, input: Json, accepted: Json): void {
    this.#cases.push({ name, operation, about, ...this.#context, input, expected: { accepted } });
  }

  /**
   * @param from the accepted case that this one differs from by one defect
   * @param about the defect
   */
  refused(operation: string, name: string, from: string, about: string, input: Json, refused: RefusalCode): void {
    this.#cases.push({ name, operation, about, from, ...this.#context, input, expected: { refused } });
  }

  file(about: string): VectorFile {
    const contexts = this.#shared === undefined ? {} : { contexts: { shared: this.#shared } };
    return { format: 'themis-vectors/1', about, ...contexts, cases: this.#cases };
  }
}

export function encoded(bytes: Uint8Array | string): string {
  return toBase64url(typeof bytes === 'string' ? Buffer.from(bytes) : bytes);
}

export function first<T>(list: readonly T[]): T {
  const [item] = list;
  if (item === undefined) throw new TypeError('an empty list');
  return item;
}
