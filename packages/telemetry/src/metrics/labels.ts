import { ERRORS, REFUSAL_TABLES } from '@themis-mesh/core';
import { DIRECTIONS } from '../direction.ts';
import type { LabelDeclaration } from './declaration.ts';

/** What a request or a connection speaks. */
export const PROTOCOLS = ['http/1.1', 'h2', 'grpc', 'websocket', 'tcp'] as const;

/** One of {@link PROTOCOLS}. */
export type LoggedProtocol = (typeof PROTOCOLS)[number];

/** The class of an answer's status; `none` where there was no answer, and of a raw connection. */
export const STATUS_CLASSES = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'] as const;

export type StatusClass = (typeof STATUS_CLASSES)[number];

export const DIRECTION: LabelDeclaration = { meaning: 'which way it went, seen from here', values: DIRECTIONS };

export const PEER: LabelDeclaration = {
  meaning: 'the service at the other end by its name here; `other` for whoever has none',
  values: undefined,
};

export const PROTOCOL: LabelDeclaration = { meaning: 'what was spoken', values: PROTOCOLS };

export const STATUS: LabelDeclaration = {
  meaning: 'the class of the status; `none` where no answer came, and of raw connections',
  values: STATUS_CLASSES,
};

/** The reasons why requests and connections fail: refusals, and errors where no refusal is behind one. */
export const REFUSAL: LabelDeclaration = {
  meaning: 'why',
  values: [...Object.values(REFUSAL_TABLES).flatMap((table) => Object.keys(table)), ...Object.keys(ERRORS)],
  valuesAre: 'codes of [errors.md](errors.md)',
};

/** Policies and their rules: as many as the charter and this process have. */
export const POLICY: LabelDeclaration = { meaning: 'the policy that decided, by its name', values: undefined };

export const RULE: LabelDeclaration = {
  meaning: 'its rule: a name, `default`, or `path`, `method`, `headers` where those mean more than one thing',
  values: undefined,
};

export const ERROR: LabelDeclaration = {
  meaning: 'the error',
  values: Object.keys(ERRORS),
  valuesAre: 'codes of [errors.md](errors.md)',
};

/** The ports that a sidecar opens to programs of its own machine, and to callers outside the mesh. */
export const LOCAL_PORTS = ['proxy', 'forward', 'ingress', 'probe', 'metrics'] as const;

export type LocalPort = (typeof LOCAL_PORTS)[number];

export const LOCAL_PORT: LabelDeclaration = { meaning: 'which of the plain ports', values: LOCAL_PORTS };
