import type { Json } from '../encoding/canonical-json.ts';
import { ShapeError, type Shape } from '../encoding/shape.ts';

/**
 * The name of a service in its app, or the alias of another app: a DNS label (RFC 1123) of at most 40 characters, so never an
 * ID.
 */
export type ServiceName = string & { readonly [NAME]: true };

declare const NAME: unique symbol;

const GRAMMAR = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

export const ServiceName: {
  is(text: unknown): text is ServiceName;
  /** @returns undefined where the text is no name. */
  parse(text: string): ServiceName | undefined;
  readonly shape: Shape<ServiceName>;
} = { is, parse, shape };

function is(text: unknown): text is ServiceName {
  return typeof text === 'string' && GRAMMAR.test(text);
}

function parse(text: string): ServiceName | undefined {
  return is(text) ? text : undefined;
}

function shape(value: Json, path: string): ServiceName {
  if (!is(value)) throw new ShapeError(path, 'a name: 1 to 40 of a to z, 0 to 9 and inner hyphens');
  return value;
}
