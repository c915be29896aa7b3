import { createHash, randomBytes, randomInt } from 'node:crypto';
import type { PlainAnswer } from './plain-http.ts';

/** SHA-256, hex. */
export function digestOf(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A body that no other request has: its ID, and some filling. */
export function bodyOf(id: string): string {
  return `${id} ${randomBytes(randomInt(8, 8192)).toString('base64url')}`;
}

/** @throws Error where the answer is not 200 */
export function requireOk({ status, body }: PlainAnswer): Buffer {
  if (status !== 200) throw new Error(`status ${status}: ${body.toString().slice(0, 200)}`);
  return body;
}

/** @throws Error where a receipt is not for what was sent, or in another caller's name */
export function requireReceipt(body: Buffer | string, sent: string, caller: string): void {
  const receipt = JSON.parse(body.toString()) as { readonly digest?: string; readonly caller?: string };
  if (receipt.digest !== digestOf(sent)) throw new Error(`the receipt is for something else than ${sent.slice(0, 40)}`);
  if (receipt.caller !== caller) throw new Error(`executed as ${receipt.caller}, sent by ${caller}`);
}

/** @throws Error where the bytes are not the ones wanted */
export function requireDigest(body: Buffer | string, wanted: string, what: string): void {
  if (digestOf(body) !== wanted) throw new Error(`the answer is not ${what}`);
}

/** @throws Error where a line was not entered as it was sent */
export function requireEntry(answer: string | undefined, id: string, line: string): void {
  if (answer !== `${id} ${digestOf(line)}`) throw new Error(`the ledger answered ${String(answer).slice(0, 100)} to line ${id}`);
}
