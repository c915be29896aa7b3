import { digest, object, optional, type Shape } from '../encoding/shape.ts';
import type { EventPoint } from '../identity/history.ts';
import { IdentityId } from '../identity/id.ts';
import { eventPoint } from './member.ts';
import { ServiceName } from './name.ts';
import { compareSequences, sequenceShape, type Sequence } from './sequence.ts';

/** Another app whose members this one knows, under a name of its own choice. */
export interface Import {
  readonly alias: ServiceName;
  readonly app: IdentityId;
  /** The least event of that app that is still believed: pinned with the import, and raised after a theft. */
  readonly min: EventPoint;
  /** The least charter of it that is still believed, where one was pinned: who has seen none yet believes none before it. */
  readonly charter?: CharterPoint;
}

/** One charter, by its place and its digest. */
export interface CharterPoint {
  readonly sequence: Sequence;
  readonly digest: string;
}

export const importShape: Shape<Import> = object<Import>({
  alias: ServiceName.shape,
  app: IdentityId.shape,
  min: eventPoint,
  charter: optional(object<CharterPoint>({ sequence: sequenceShape, digest })),
});

/** Whether the second pins less than the first, or something that contradicts it. */
export function lowersImport(before: Import, after: Import): boolean {
  if (after.min.seq < before.min.seq) return true;
  if (after.min.seq === before.min.seq && after.min.digest !== before.min.digest) return true;
  if (before.charter === undefined) return false;
  if (after.charter === undefined) return true;
  const order = compareSequences(after.charter.sequence, before.charter.sequence);
  return order < 0 || (order === 0 && after.charter.digest !== before.charter.digest);
}
