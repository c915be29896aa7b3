import { isAlias, isMap, isNode, isPair, isScalar, LineCounter, parseDocument, visit, type Document } from 'yaml';
import { NO_SUCH_KEY, type PolicyMistake } from '@themis-mesh/core';
import type { Mistake } from './mistake.ts';

/** A step from the top of a document: the name of a key, or a place in a list. */
export type Step = string | number;

/** What a YAML text says, with the place of each part of it. */
export interface YamlText {
  /** Plain values without aliases, tags or prototypes of their own. Undefined where the text is no YAML. */
  readonly value: unknown;
  readonly mistakes: readonly Mistake[];
  /** A mistake about a part of it. Where there is no such part, at the place of what it is missing from. */
  mistake(path: readonly Step[], message: string): Mistake;
  /** A mistake about a key rather than about its value. */
  mistakeAtKey(path: readonly Step[], key: string, message: string): Mistake;
}

/** A mistake in a policy, at its place. @param base where the policy stands */
export function policyMistake(yaml: YamlText, base: readonly Step[], { path, message }: PolicyMistake): Mistake {
  const key = path.at(-1);
  if (message !== NO_SUCH_KEY || typeof key !== 'string') return yaml.mistake([...base, ...path], message);
  return yaml.mistakeAtKey([...base, ...path.slice(0, -1)], key, message);
}

/** Names that mean something to JavaScript objects, and nothing in a configuration. */
const RESERVED: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** Deeper than any good file is nested; far less than a parser by recursion can take. */
const MOST_DEPTH = 32;

/**
 * Reads YAML 1.2 in its plain part: no anchors and aliases (with which few bytes become many), no tags, one document.
 */
export function readYaml(text: string): YamlText {
  const lines = new LineCounter();
  const at = (offset: number, path: string, message: string): Mistake => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col), path, message };
  };
  if (depthOf(text) > MOST_DEPTH) {
    const mistake: Mistake = { line: 1, column: 1, path: '', message: `nested deeper than ${MOST_DEPTH} levels` };
    return { value: undefined, mistakes: [mistake], mistake: () => mistake, mistakeAtKey: () => mistake };
  }
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    stringKeys: true,
    merge: false,
    logLevel: 'error',
  });
  const mistakes = [...document.errors, ...document.warnings].map(({ pos, message }) => at(pos[0], '', firstLine(message)));
  mistakes.push(...forbiddenIn(document, at));
  return {
    value: mistakes.length > 0 ? undefined : (document.toJS() as unknown),
    mistakes,
    mistake: (path, message) => at(offsetOf(document, path), path.join('.'), message),
    mistakeAtKey: (path, key, message) => at(keyOffsetOf(document, path, key), [...path, key].join('.'), message),
  };
}

function forbiddenIn(document: Document, at: (offset: number, path: string, message: string) => Mistake): Mistake[] {
  const found: Mistake[] = [];
  visit(document, {
    Node(_, node) {
      const offset = node.range?.[0] ?? 0;
      if (isAlias(node)) found.push(at(offset, '', 'an alias: write the value out'));
      else if (node.anchor !== undefined) found.push(at(offset, '', 'an anchor: write the value out where it is used'));
      // Of tags only those that were written are kept.
      if (!isAlias(node) && node.tag !== undefined) found.push(at(offset, '', `a tag (${node.tag}): leave it out`));
    },
    Pair(_, { key }) {
      if (isScalar(key) && RESERVED.has(String(key.value)))
        found.push(at(key.range?.[0] ?? 0, '', `a key named ${String(key.value)}`));
    },
  });
  return found;
}

function offsetOf(document: Document, path: readonly Step[]): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

function keyOffsetOf(document: Document, path: readonly Step[], key: string): number {
  const map = path.length === 0 ? document.contents : document.getIn(path, true);
  const pair = isMap(map)
    ? map.items.find((item) => isPair(item) && isScalar(item.key) && String(item.key.value) === key)
    : undefined;
  return isNode(pair?.key) ? (pair.key.range?.[0] ?? 0) : offsetOf(document, path);
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? message;
}

/**
 * A bound on how deep a parser would go: brackets that are open at once, and steps of indentation. Found by looking at the
 * signs alone, because the parser itself does not survive what it is to be kept from.
 */
function depthOf(text: string): number {
  let open = 0;
  let deepest = 0;
  const indents: number[] = [];
  for (const line of text.split('\n')) {
    const [lead = ''] = /^(?:[ \t]|[-?:](?=[ \t\r]|$))*/.exec(line) ?? [];
    if (lead.length < line.trimEnd().length || lead.includes('-')) {
      while ((indents.at(-1) ?? -1) >= lead.length) indents.pop();
      indents.push(lead.length);
    }
    deepest = Math.max(deepest, indents.length + lead.replaceAll(/[^-?:]/g, '').length);
    for (const sign of line) {
      if (sign === '[' || sign === '{') deepest = Math.max(deepest, (open += 1));
      if (sign === ']' || sign === '}') open = Math.max(0, open - 1);
    }
  }
  return deepest;
}
