import { ThemisError } from '@themis-mesh/core';
import type { IdentityFile, StoredIdentity } from '@themis-mesh/storage';
import type { Admitted } from './admit-member.ts';

/** Puts a membership into the file of the identity that it admits. @throws ThemisError THEMIS_IDENTITY_MISSING */
export function writeMembership(file: IdentityFile, { member, membership, app }: Admitted): Promise<StoredIdentity> {
  return file.update(async (current) => {
    if (current.history.id !== member.id) {
      throw new ThemisError('THEMIS_IDENTITY_MISSING', `${file.path} is of ${current.history.id}, not ${member.id}`);
    }
    return { ...current, service: { name: member.name, app: app.history.id, membership } };
  });
}
