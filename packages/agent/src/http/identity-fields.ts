import { isIdentityField } from '@themis-mesh/core';
import { filterFields, type Fields } from './fields.ts';

export { identityFields, isIdentityField } from '@themis-mesh/core';

export function withoutIdentity(fields: Fields): string[] {
  return filterFields(fields, (name) => !isIdentityField(name));
}
