import { createHash } from 'node:crypto';

/** What whoever sent something gets back: proof of what arrived, and in whose name. */
export interface Receipt {
  /** SHA-256 of the body, hex. */
  readonly digest: string;
  /** The caller's name in the mesh. */
  readonly caller: string;
}

export function receiptFor(body: Buffer, caller: string | undefined): Receipt {
  return { digest: createHash('sha256').update(body).digest('hex'), caller: caller ?? 'a stranger' };
}
