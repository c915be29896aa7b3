import { TargetName, ThemisError } from '@themis-mesh/core';

/** The suffix of names that HTTP clients outside the process can tell from those of the internet. */
export const MESH_SUFFIX = '.mesh.internal';

/**
 * The service that a host names: `payments`, or `invoices.billing` of an imported app, each with or without `.mesh.internal`;
 * undefined for any other host.
 */
export function serviceOfHost(host: string): TargetName | undefined {
  const name = host.toLowerCase().replace(/\.$/, '');
  // The suffix alone is no service `mesh` of an app `internal`.
  if (`.${name}` === MESH_SUFFIX) return undefined;
  return TargetName.parse(name.endsWith(MESH_SUFFIX) ? name.slice(0, -MESH_SUFFIX.length) : name);
}

/** @throws ThemisError `THEMIS_NAME_INVALID` */
export function requireServiceName(host: string): TargetName {
  const name = serviceOfHost(host);
  if (name === undefined) throw new ThemisError('THEMIS_NAME_INVALID', host);
  return name;
}
