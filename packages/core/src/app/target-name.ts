import type { Json } from '../encoding/canonical-json.ts';
import { ShapeError, type Shape } from '../encoding/shape.ts';
import { ServiceName } from './name.ts';

/** A service of an imported app, by the alias that this app has for it: `<service>.<alias>`. No own service has a dot. */
export type ImportedName = string & { readonly [IMPORTED]: true };

/**
 * What a service is called in this app: `payments` for one of its own, `invoices.billing` for the service `invoices` of the app
 * that its charter imports as `billing`. One text names one service, so that a member of another app is never taken for an own
 * one with the same name.
 */
export type TargetName = ServiceName | ImportedName;

declare const IMPORTED: unique symbol;

export const TargetName: {
  is(text: unknown): text is TargetName;
  /** @returns undefined where the text is no such name. */
  parse(text: string): TargetName | undefined;
  /** @param alias of the app whose service it is; undefined for this app's own */
  of(service: ServiceName, alias: ServiceName | undefined): TargetName;
  /** The inverse of {@link TargetName.of}. */
  partsOf(name: TargetName): { readonly service: ServiceName; readonly alias: ServiceName | undefined };
  readonly shape: Shape<TargetName>;
} = { is, parse, of, partsOf, shape };

function is(text: unknown): text is TargetName {
  return typeof text === 'string' && parse(text) !== undefined;
}

function parse(text: string): TargetName | undefined {
  const at = text.indexOf('.');
  if (at === -1) return ServiceName.parse(text);
  const [service, alias] = [ServiceName.parse(text.slice(0, at)), ServiceName.parse(text.slice(at + 1))];
  return service === undefined || alias === undefined ? undefined : of(service, alias);
}

function of(service: ServiceName, alias: ServiceName | undefined): TargetName {
  return alias === undefined ? service : (`${service}.${alias}` as ImportedName);
}

function partsOf(name: TargetName): { readonly service: ServiceName; readonly alias: ServiceName | undefined } {
  const [service, alias] = name.split('.') as [ServiceName, ServiceName?];
  return { service, alias };
}

function shape(value: Json, path: string): TargetName {
  if (!is(value)) throw new ShapeError(path, 'a name, or one of an imported app: NAME.ALIAS');
  return value;
}
