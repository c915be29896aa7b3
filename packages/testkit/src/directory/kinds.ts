import {
  EMPTY_CHARTER,
  historyBytes,
  incept,
  MemorySigner,
  nextCharter,
  rotate,
  type SignedRecord,
  type SignerSet,
} from '@themis-mesh/core';
import { endpointAt, type Signers } from './signers.ts';

/** The history of the one who signs the others comes first. */
export async function ofEachKind(signers: Signers): Promise<readonly SignedRecord[]> {
  return [signers.history(), signers.charter(), await signers.head(), await signers.service(1), await signers.instance(1)];
}

export async function olderAndNewer(signers: Signers): Promise<readonly (readonly [SignedRecord, SignedRecord])[]> {
  const leaf = await signers.app.leaf('orders');
  const charter = signers.charter();
  await signers.app.remove('payments');
  const payments = signers.app.service('payments');
  const history = signers.history(payments);
  await payments.rotate(signers.now, 60);
  return [
    [history, signers.history(payments)],
    [charter, signers.charter()],
    [await signers.head(signers.now - 1), await signers.head(signers.now)],
    [await signers.service(1), await signers.service(2)],
    [await signers.instance(1, { leaf }), await signers.instance(2, { leaf })],
  ];
}

export async function contradictions(signers: Signers): Promise<readonly (readonly [SignedRecord, SignedRecord])[]> {
  const leaf = await signers.app.leaf('orders');
  return [
    await forkedHistories(signers),
    await forkedCharters(signers),
    [await signers.head(signers.now, 60), await signers.head(signers.now, 61)],
    [await signers.service(1, ['h2']), await signers.service(1, ['http/1.1'])],
    [await signers.instance(1, { leaf }), await signers.instance(1, { leaf, endpoints: [endpointAt(1)] })],
  ];
}

/** What a thief of a recovery key and the owner make of one inception. */
async function forkedHistories({ now }: Signers): Promise<readonly [SignedRecord, SignedRecord]> {
  const alone = (signer = MemorySigner.generate()): SignerSet => ({ signers: [signer], threshold: 1 });
  const recovery = alone();
  const first = await incept({ operational: alone(), recovery, now });
  const plan = { revealed: recovery.signers, grace: 0, now };
  const [owner, thief] = [
    await rotate(first, { ...plan, operational: alone(), recovery: alone() }),
    await rotate(first, { ...plan, operational: alone(), recovery: alone() }),
  ];
  const key = { kind: 'history', id: first.id } as const;
  return [
    { key, bytes: historyBytes(owner) },
    { key, bytes: historyBytes(thief) },
  ];
}

async function forkedCharters(signers: Signers): Promise<readonly [SignedRecord, SignedRecord]> {
  const { state, history, owner } = signers.app;
  const [one, other] = [
    await nextCharter(state, history, [owner], EMPTY_CHARTER, { now: signers.now }),
    await nextCharter(state, history, [owner], EMPTY_CHARTER, { now: signers.now + 1 }),
  ];
  return [signers.charter(one), signers.charter(other)];
}
