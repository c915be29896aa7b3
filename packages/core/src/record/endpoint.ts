import { array, object, text, type Shape } from '../encoding/shape.ts';
import { checkHost, hostShape, portShape, type Address } from './address.ts';

/** Where an instance listens, and what it speaks there. */
export interface Endpoint extends Address {
  /** ALPN names, the preferred first. */
  readonly alpn: readonly string[];
}

export const alpnShape: Shape<readonly string[]> = array(text(/^[a-z0-9./-]{1,32}$/, 'an ALPN name'), { min: 1, max: 8 });

const fields = object<Endpoint>({ host: hostShape, port: portShape, alpn: alpnShape });

export const endpointShape: Shape<Endpoint> = (value, path) => checkHost(fields(value, path), path);
