import type { Metadata } from '@grpc/grpc-js';

/** Metadata as they stand in a head. @returns names and values in turn */
export function fieldsOf(metadata: Metadata): readonly string[] {
  const fields: string[] = [];
  for (const [name, value] of Object.entries(metadata.toHttp2Headers())) {
    if (Array.isArray(value)) for (const one of value) fields.push(name, one);
    else fields.push(name, String(value));
  }
  return fields;
}
