import type { Rule, Scope } from 'eslint';
import type { ExportNamedDeclaration, Identifier, Node } from 'estree';

/** What has one place in the packages' sources, or none. */
export type Restricted =
  'Math.random' | 'buffered randomness' | 'process.env' | 'process.exit' | 'rejectUnauthorized' | 'raw TLS' | 'global fetch';

/** A file that may use it, and the reason. */
export interface Place {
  /** Relative to the repository, with forward slashes. */
  readonly file: string;
  readonly because: string;
}

export type OnePlaceOptions = Readonly<Record<Restricted, readonly Place[]>>;

const INSTEAD: Readonly<Record<Restricted, string>> = {
  'Math.random': 'take chance as an argument; for secrets and serial numbers use node:crypto',
  // Node draws them from a buffer, which two copies of a process share (CVE-2026-106074).
  'buffered randomness': 'take randomBytes or generateKeyPair for whatever must not come twice',
  'process.env': 'take settings as arguments, which were read and checked where the program starts',
  'process.exit': 'throw, or set process.exitCode where the program starts: exit cuts off what is still being written',
  rejectUnauthorized: 'the checks that replace it live in the channel',
  'raw TLS': 'use the channel, which checks the peer before a byte reaches a parser',
  'global fetch': 'use the mesh; plain fetch asks the public authorities who the peer is',
};

type Members = ReadonlyMap<string, Restricted>;
type Reference = Identifier & Rule.NodeParentExtension;

/** Members of global objects. */
const GLOBAL_MEMBERS: ReadonlyMap<string, Members> = tableOf({
  Math: { random: 'Math.random' },
  process: { env: 'process.env', exit: 'process.exit', reallyExit: 'process.exit' },
  globalThis: { fetch: 'global fetch' },
});

/** Exports of modules. */
const MODULE_MEMBERS: ReadonlyMap<string, Members> = tableOf({
  'node:process': { env: 'process.env', exit: 'process.exit', reallyExit: 'process.exit' },
  'node:crypto': { randomInt: 'buffered randomness', randomUUID: 'buffered randomness' },
  'node:tls': { connect: 'raw TLS', createServer: 'raw TLS', TLSSocket: 'raw TLS', Server: 'raw TLS' },
  'node:https': { request: 'raw TLS', get: 'raw TLS', createServer: 'raw TLS', Agent: 'raw TLS', Server: 'raw TLS' },
  'node:http2': { connect: 'raw TLS', createSecureServer: 'raw TLS' },
});

const REJECT_UNAUTHORIZED = [
  'Property > Identifier.key[name="rejectUnauthorized"]',
  'MemberExpression > Identifier.property[name="rejectUnauthorized"]',
  'Literal[value="rejectUnauthorized"]',
].join(', ');

/**
 * Refuses, outside their places, what a program should do in one place only; and places that are no longer needed.
 *
 * @param root the folder that the places are relative to, with forward slashes and none at its end
 */
export function onePlaceRule(root: string, places: OnePlaceOptions): Rule.RuleModule {
  return { meta: { type: 'problem', schema: [] }, create: (context) => createListener(context, root, places) };
}

function createListener(context: Rule.RuleContext, root: string, places: OnePlaceOptions): Rule.RuleListener {
  const file = context.filename.replaceAll('\\', '/').slice(root.length + 1);
  const used = new Set<Restricted>();

  const report = (node: Node, what: Restricted): void => {
    used.add(what);
    if (places[what].some((place) => place.file === file)) return;
    context.report({ node, message: `${what} has no place here: ${INSTEAD[what]} (scripts/lint/places.ts)` });
  };

  const reportMembers = (reference: Reference, members: Members): void => {
    const taken = membersTaken(reference);
    // An object that is handed on as a whole may be asked for anything there.
    const found = [...members].filter(([name]) => taken === 'unknown' || taken.includes(name));
    for (const what of new Set(found.map(([, restricted]) => restricted))) report(reference, what);
  };

  const reportAll = (node: Node, members: Members | undefined): void => {
    for (const what of new Set(members?.values())) report(node, what);
  };

  const reportMember = (reference: Reference, what: Restricted | undefined): void => {
    if (what !== undefined) report(reference, what);
  };

  return {
    Program(program) {
      const globals = context.sourceCode.getScope(program);
      for (const reference of unresolvedReferences(globals)) {
        const { name } = reference;
        if (name === 'fetch') report(reference, 'global fetch');
        const members = GLOBAL_MEMBERS.get(name);
        if (members !== undefined) reportMembers(reference, members);
      }
    },
    ImportDeclaration(declaration) {
      const members = moduleMembers(declaration.source.value);
      if (members === undefined) return;
      for (const variable of context.sourceCode.getDeclaredVariables(declaration)) {
        const imported = importedName(variable);
        for (const reference of valueReferences(variable)) {
          if (imported === undefined) reportMembers(reference, members);
          else if (!isInstanceTest(reference)) reportMember(reference, members.get(imported));
        }
      }
    },
    ImportExpression({ source }) {
      if (source.type === 'Literal') reportAll(source, moduleMembers(source.value));
    },
    ExportNamedDeclaration(declaration: ExportNamedDeclaration & { readonly exportKind?: string }) {
      if (declaration.exportKind !== 'type') reportAll(declaration, moduleMembers(declaration.source?.value));
    },
    ExportAllDeclaration(declaration) {
      reportAll(declaration, moduleMembers(declaration.source.value));
    },
    [REJECT_UNAUTHORIZED](node: Node) {
      report(node, 'rejectUnauthorized');
    },
    'Program:exit'(program) {
      for (const what of Object.keys(places) as Restricted[]) {
        if (used.has(what) || !places[what].some((place) => place.file === file)) continue;
        context.report({ node: program, message: `no longer uses ${what}: take its entry out of scripts/lint/places.ts` });
      }
    },
  };
}

function moduleMembers(specifier: unknown): Members | undefined {
  if (typeof specifier !== 'string') return undefined;
  return MODULE_MEMBERS.get(specifier.startsWith('node:') ? specifier : `node:${specifier}`);
}

/** The name that a module exports a thing by; undefined for the module as a whole. */
function importedName(variable: Scope.Variable): string | undefined {
  const specifier = variable.defs[0]?.node as Node | undefined;
  if (specifier?.type !== 'ImportSpecifier') return undefined;
  const name = specifier.imported.type === 'Identifier' ? specifier.imported.name : String(specifier.imported.value);
  return name === 'default' ? undefined : name;
}

/** Uses as a value: the scope analysis of TypeScript tells them from uses as a type. */
function valueReferences(variable: Scope.Variable): readonly Reference[] {
  return variable.references.filter(isValue).map((reference) => reference.identifier as Reference);
}

function unresolvedReferences(globals: Scope.Scope): readonly Reference[] {
  const undeclared = globals.through.filter(isValue);
  const builtIn = globals.variables.filter((variable) => variable.defs.length === 0).flatMap((variable) => variable.references);
  return [...undeclared, ...builtIn.filter(isValue)].map((reference) => reference.identifier as Reference);
}

function isValue(reference: Scope.Reference & { readonly isValueReference?: boolean }): boolean {
  return reference.isValueReference !== false;
}

function isInstanceTest({ parent }: Reference): boolean {
  return parent.type === 'BinaryExpression' && parent.operator === 'instanceof';
}

/** Which members of an object are taken at one use of it. */
function membersTaken(reference: Reference): readonly string[] | 'unknown' {
  const { parent } = reference;
  if (parent.type === 'MemberExpression' && parent.object === reference) {
    if (!parent.computed) return parent.property.type === 'Identifier' ? [parent.property.name] : [];
    return parent.property.type === 'Literal' ? [String(parent.property.value)] : 'unknown';
  }
  if (parent.type === 'VariableDeclarator' && parent.id.type === 'ObjectPattern') {
    const keys = parent.id.properties.map((property) => (property.type === 'Property' ? property.key : undefined));
    return keys.every((key) => key?.type === 'Identifier') ? keys.map((key) => key.name) : 'unknown';
  }
  if (parent.type === 'UnaryExpression' && parent.operator === 'typeof') return [];
  return 'unknown';
}

function tableOf(rows: Readonly<Record<string, Readonly<Record<string, Restricted>>>>): ReadonlyMap<string, Members> {
  return new Map(Object.entries(rows).map(([name, members]) => [name, new Map(Object.entries(members))]));
}
