import { readFileSync } from 'node:fs';

/** A case of `vectors/http1/`: see the README there. */
export interface Case {
  readonly name: string;
  readonly sent: string | readonly (string | { readonly repeat: string; readonly times: number })[];
  readonly forms?: 'origin' | 'proxy';
  readonly asked?: readonly { readonly method: string; readonly upgrade?: boolean }[];
  readonly messages: readonly Meaning[];
  readonly fault?: string;
}

/** What is said of a message; what is left out is not compared. */
export interface Meaning {
  readonly method?: string;
  readonly target?: string;
  readonly form?: string;
  readonly status?: number;
  readonly reason?: string;
  readonly fields?: readonly string[];
  readonly persists?: boolean;
  readonly awaitsContinue?: boolean;
  readonly interim?: boolean;
  readonly body?: string;
  readonly trailers?: readonly string[];
  /** It does not end; the body up to there. */
  readonly partial?: string;
  /** Behind its head there is no HTTP, but this. */
  readonly rest?: string;
}

export function casesOf(file: 'requests' | 'responses'): readonly Case[] {
  const url = new URL(`../../../../vectors/http1/${file}.json`, import.meta.url);
  const { cases } = JSON.parse(readFileSync(url, 'utf8')) as { readonly cases: readonly Case[] };
  return cases;
}

/** What a case sends, one byte a sign. */
export function textOf({ sent }: Case): string {
  if (typeof sent === 'string') return sent;
  return sent.map((part) => (typeof part === 'string' ? part : part.repeat.repeat(part.times))).join('');
}
