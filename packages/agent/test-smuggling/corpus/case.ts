/** A request with one reading. */
export interface Meaning {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly body: string;
}

/** Bytes to send, one a sign, and what they mean: undefined where they could be read in two ways, or in none. */
export interface Sent {
  readonly bytes: string;
  readonly means?: Meaning;
  /** Whether a sidecar that refused it would be of no use. */
  readonly isPlain?: boolean;
  /** Whether something of it is missing: whoever reads it waits. */
  readonly isUnfinished?: boolean;
}

/** Where a case is sent: on which way, and under which paths, so that whatever comes of it is known again. */
export interface Place {
  readonly isProxy: boolean;
  /** Of the service. */
  readonly host: string;
  /** The lines that every request has: the host, and what lets into a proxy. */
  readonly lines: string;
  readonly path: (name: string) => string;
  /** A path as it stands in a request line: behind the service, where it goes to a proxy. */
  readonly target: (name: string) => string;
}

export interface Case {
  readonly name: string;
  readonly send: (place: Place) => Sent;
}

/** A request that must never be carried out: it stands where one reading sees a body, and another the next request. */
export function hidden(place: Place): string {
  return `GET ${place.target('hidden')} HTTP/1.1\r\n${place.lines}\r\n`;
}

export interface Wish {
  readonly method?: string;
  /** Whole lines. */
  readonly fields?: string;
  readonly sent?: string;
  /** What the body is, where there is one reading. */
  readonly body?: string | undefined;
  readonly isPlain?: boolean;
  readonly isUnfinished?: boolean;
}

/** A request for the path `main`, with some fields behind the host. */
export function request(
  place: Place,
  { method = 'POST', fields = '', sent = '', body, isPlain = false, isUnfinished = false }: Wish,
): Sent {
  const bytes = `${method} ${place.target('main')} HTTP/1.1\r\n${place.lines}${fields}\r\n${sent}`;
  const means = body === undefined ? undefined : { method, path: place.path('main'), body };
  return { bytes, isPlain, isUnfinished, ...(means && { means }) };
}

/** Each with each. */
export function* pairs<A, B>(some: Iterable<A>, others: readonly B[]): Generator<readonly [A, B]> {
  for (const one of some) for (const other of others) yield [one, other];
}
