import { IdentityId, InstanceName, shape, type Json, type RecordKey } from '@themis-mesh/core';
import type { Watched } from '@themis-mesh/directory';

const INSTANCE: shape.Shape<InstanceName> = (value, path) => {
  const name = typeof value === 'string' ? InstanceName.parse(value) : undefined;
  if (name === undefined) throw new shape.ShapeError(path, 'the name of an instance');
  return name;
};

const id = IdentityId.shape;

const KEYS = {
  history: shape.object<Of<'history'>>({ kind: shape.literal('history'), id }),
  charter: shape.object<Of<'charter'>>({ kind: shape.literal('charter'), id }),
  head: shape.object<Of<'head'>>({ kind: shape.literal('head'), id, by: id }),
  service: shape.object<Of<'service'>>({ kind: shape.literal('service'), id }),
  instance: shape.object<Of<'instance'>>({ kind: shape.literal('instance'), id, instance: INSTANCE }),
};

const INSTANCES = shape.object<Extract<Watched, { readonly kind: 'instances' }>>({ kind: shape.literal('instances'), id });

type Of<K extends RecordKey['kind']> = Extract<RecordKey, { readonly kind: K }>;

/** Under what a record is kept: an object with its kind, and what names it among those of its kind. */
export const keyShape: shape.Shape<RecordKey> = (value, path) => {
  const kind = shape.oneOf('history', 'charter', 'head', 'service', 'instance')(kindOf(value), `${path}.kind`);
  return KEYS[kind](value, path);
};

/** A key, or all the instances of a service. */
export const watchedShape: shape.Shape<Watched> = (value, path) =>
  kindOf(value) === 'instances' ? INSTANCES(value, path) : keyShape(value, path);

/** The key as it goes over the wire: with the fields that it has, and no others. */
export function watchedJson(watched: Watched): Json {
  const { kind } = watched;
  if (kind === 'head') return { kind, id: watched.id, by: watched.by };
  if (kind === 'instance') return { kind, id: watched.id, instance: watched.instance };
  return { kind, id: watched.id };
}

function kindOf(value: Json): Json {
  return typeof value === 'object' && value !== null && 'kind' in value ? value.kind : null;
}
