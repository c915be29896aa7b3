/** A service of examples/shop. */
export interface ShopService {
  readonly name: string;
  readonly kind: 'in process' | 'sidecar';
  readonly program: string;
}

/** The services of examples/shop/themis.yaml. */
export const SERVICES: readonly ShopService[] = [
  { name: 'web', kind: 'in process', program: 'Node' },
  { name: 'orders', kind: 'in process', program: 'Fastify' },
  { name: 'guest', kind: 'in process', program: 'Node, removed in the end' },
  { name: 'catalog', kind: 'sidecar', program: 'sirv, from npm' },
  { name: 'files', kind: 'sidecar', program: 'python3 -m http.server' },
  { name: 'ledger', kind: 'sidecar', program: 'raw TCP' },
  { name: 'courier', kind: 'sidecar', program: "Node's fetch and curl" },
];

/** Added beside them: called in process while the overhead is measured. */
export const METER = 'meter';

/** How long leaves live. Seconds: short, so that many rotations are seen. */
export const LEAF_SECONDS = 4;
