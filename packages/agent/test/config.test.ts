import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { readConfig, showMistake } from '@themis-mesh/agent';
import { ThemisError } from '@themis-mesh/core';
import fc from 'fast-check';
import { CONFIG_KEYS } from '../src/up/schema.ts';
import { startOrder } from '../src/up/start-order.ts';
import { splitWords } from '../src/up/words.ts';
import { parseConfig } from '../src/up/parse-config.ts';

const EXAMPLE = new URL('../../../examples/themis.yaml', import.meta.url);
const REFERENCE = new URL('../../../docs/reference/configuration.md', import.meta.url);

function mistakesIn(text: string): readonly string[] {
  const parsed = parseConfig(Buffer.from(text), 'f');
  return parsed.ok ? [] : parsed.mistakes.map((mistake) => showMistake('f', mistake));
}

test('the example is sound', async () => {
  const parsed = parseConfig(await readFile(EXAMPLE), 'examples/themis.yaml');
  assert.deepEqual(parsed.ok ? [] : parsed.mistakes, []);
});

test('the reference describes every key, and no other', async () => {
  const text = await readFile(REFERENCE, 'utf8');
  const described = [...text.matchAll(/^### `([^`]+)`$/gm)].map((match) => match[1]);
  assert.deepEqual(described.toSorted(), [...CONFIG_KEYS].toSorted());
  for (const key of CONFIG_KEYS) {
    const section = text.slice(text.indexOf(`### \`${key}\``)).split(/\n#{2,3} /)[1] ?? '';
    const body = text.slice(text.indexOf(`### \`${key}\``) + key.length).split(/\n#{2,3} /)[0] ?? section;
    for (const word of ['Form', 'Default', 'Effect', 'Limit'])
      assert.match(body, new RegExp(`\\| ${word} \\| [^|]+\\|`), `${key}: ${word}`);
  }
});

test('what is left out has its default', () => {
  const parsed = parseConfig(Buffer.from('services:\n  a: { command: run me, port: 80 }\n'), 'f');
  assert.ok(parsed.ok);
  const [plan] = parsed.config.services;
  assert.deepEqual(plan, {
    name: 'a',
    command: ['run', 'me'],
    mesh: 'sidecar',
    port: 80,
    env: {},
    wait: 30,
    drain: 10,
    replicas: 1,
    restart: 'always',
    dependsOn: [],
  });
});

test('all mistakes are told together, each with its place', () => {
  const text = `app: Shop!
servces: 1
services:
  Bad_Name: {command: x, port: 1}
  orders:
    command: "a | b"
    port: 99999
    colour: red
    policy: {default: all, allow: [web, X], deny: 1}
    egress: [http://x]
    forward: {0: db, 5432: DB}
    env: {A B: 1, C: [1]}
    replicas: 0
    wait: -1
    leaf: 1
  web: {}
`;
  assert.deepEqual(mistakesIn(text), [
    'f:1:6: app: a name: 1 to 40 of a to z, 0 to 9 and inner hyphens',
    'f:2:1: servces: no such key',
    'f:4:3: services.Bad_Name: a name: 1 to 40 of a to z, 0 to 9 and inner hyphens',
    'f:6:14: services.orders.command: "|" is for a shell: quote it, or write [sh, -c, "…"]',
    'f:7:11: services.orders.port: a port, from 1 to 65535',
    'f:8:5: services.orders.colour: no such key',
    'f:9:23: services.orders.policy.default: one of members, authenticated, deny-all',
    'f:9:41: services.orders.policy.allow.1: a name, or one of an imported app: NAME.ALIAS',
    'f:9:45: services.orders.policy.deny: no such key',
    'f:10:13: services.orders.egress: deny, allow, or a list of hosts: HOST, *.HOST, HOST:PORT',
    'f:11:15: services.orders.forward.0: a port, from 1 to 65535',
    'f:11:28: services.orders.forward.5432: a name, or one of an imported app: NAME.ALIAS; for HTTP http:NAME, for HTTP/2 and gRPC h2:NAME',
    'f:12:11: services.orders.env.A B: a name of a variable: letters, digits and _',
    'f:12:22: services.orders.env.C: a text, a number, true or false',
    'f:13:15: services.orders.replicas: at least 1',
    'f:14:11: services.orders.wait: seconds, from 0',
    'f:15:11: services.orders.leaf: seconds, from 2',
    'f:16:8: services.web.command: a command: a list of words, or one text',
  ]);
});

test('what the parts say together is checked too', () => {
  const text = `services:
  a: {command: x, port: 80, dependsOn: [b]}
  b: {command: x, port: 80, dependsOn: [a, nope], forward: {90: a}, replicas: 2}
  c: {command: x, mesh: in-process, egress: allow, dependsOn: [c]}
  d: {command: x}
  e: {command: x, port: 1, socket: y, protocol: tcp, health: /x, ingress: 90}
  f: {command: x, port: 65535, replicas: 2, listen: 7000}
`;
  assert.deepEqual(mistakesIn(text), [
    'f:2:40: services.a.dependsOn: waits for itself: a → b → a',
    'f:3:25: services.b.port: port 80 is wanted by services.a.port already',
    'f:3:44: services.b.dependsOn.1: no service is named nope here',
    'f:3:60: services.b.forward: of one instance only: with more, all would want the same',
    'f:4:45: services.c.egress: of a sidecar only: with mesh: in-process the program says it',
    'f:5:6: services.d: either port or socket: where the program listens',
    'f:6:36: services.e.socket: either port or socket: where the program listens',
    'f:6:62: services.e.health: of a program that speaks HTTP/1.1 only',
    'f:6:75: services.e.ingress: of a program that speaks HTTP/1.1 only',
    'f:6:75: services.e.ingress: port 90 is wanted by services.b.forward.90 already',
    'f:7:25: services.f.port: with 2 instances the last would have port 65536',
    'f:7:53: services.f.listen: with more than one instance the port is 0: any free one',
  ]);
});

test('what YAML could do besides saying things is refused', () => {
  const hostile: readonly (readonly [string, RegExp])[] = [
    ['a: &x 1\nb: *x\n', /f:1:4: an anchor|f:1:7: an anchor/],
    [`a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n`, /alias/],
    ['a: !!str 1\n', /a tag/],
    ['a: !!js/function x\n', /tag/i],
    ['a: 1\na: 2\n', /unique/],
    ['__proto__: {x: 1}\n', /a key named __proto__/],
    ['services: {constructor: {command: x, port: 1}}\n', /a key named constructor/],
    ['services: {a: {command: x, port: 1, env: {__proto__: 1}}}\n', /a key named __proto__/],
    ['<<: {app: x}\nservices: {}\n', /<<: no such key/],
    ['a: 1\n---\nb: 1\n', /document/],
    ['? [a]\n: 1\n', /keys/],
    ['a: b: c\n', /Nested mappings/],
    ['a: [1\n', /flow|sequence|\]/i],
    ['\ta: 1\n', /./],
    ['', /a map with app, directory, nodes, imports, services and traffic/],
    ['5\n', /a map with app, directory, nodes, imports, services and traffic/],
    ['services: []\n', /a map of services/],
    ['services: {}\n', /at least one service/],
    ['services: {a: {command: "x\\0", port: 1}}\n', /NUL|for a shell/],
  ];
  for (const [text, expected] of hostile) assert.match(mistakesIn(text).join('\n'), expected, JSON.stringify(text));
  assert.equal(({} as Record<string, unknown>)['x'], undefined);
  assert.match(mistakesIn(Buffer.from([0xff, 0xfe, 0]).toString('latin1')).join(), /./);
  const notText = parseConfig(Buffer.from([0x61, 0xff]), 'f');
  assert.ok(!notText.ok && notText.mistakes[0]?.message === 'not a text in UTF-8');
});

test('no depth and no number of mistakes is too much', () => {
  for (const part of ['[', '- ', '{a: ', '? ', '- ? : ', '!', '&a ', '"', '{', '- - ', '|\n', '\u0000']) {
    const mistakes = mistakesIn(part.repeat(Math.floor(50_000 / part.length)));
    assert.ok(mistakes.length > 0 && mistakes.length <= 100, part);
  }
  let nested = '';
  for (let depth = 0; depth < 200; depth += 1) nested += `${' '.repeat(depth)}a:\n`;
  assert.match(mistakesIn(nested).join(), /nested deeper than 32/);
});

test('whatever a text is, there is an answer', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary', maxLength: 200 }),
        fc
          .array(
            fc.constantFrom(
              'services:',
              ' ',
              '\n',
              '  a: ',
              '{',
              '}',
              '[',
              ']',
              'command: x',
              ', ',
              'port: 1',
              '- ',
              '#',
              '"',
              "'",
              '*a',
              '&a',
              '!x',
            ),
          )
          .map((parts) => parts.join('')),
      ),
      (text) => {
        parseConfig(Buffer.from(text), 'f');
      },
    ),
  );
});

test('a file that is missing, too large or no file says so', async () => {
  for (const [path, code] of [
    ['/nonexistent/themis.yaml', 'THEMIS_FILE_MISSING'],
    ['/dev/zero', 'THEMIS_FILE_NOT_REGULAR'],
    ['/', 'THEMIS_FILE_NOT_REGULAR'],
  ] as const) {
    await assert.rejects(readConfig(path), (error) => ThemisError.is(error, code), path);
  }
});

test('a command is split as a shell splits it', () => {
  const cases: readonly (readonly [string, readonly string[] | RegExp])[] = [
    ['node server.js', ['node', 'server.js']],
    ['  node\t"a b"  \'c "d"\' e\\ f ', ['node', 'a b', 'c "d"', 'e f']],
    ['x --port={port} ""', ['x', '--port={port}', '']],
    ['x "a\\"b\\\\c\\d"', ['x', 'a"b\\c\\d']],
    [`x 'a|b' "c;d"`, ['x', 'a|b', 'c;d']],
    ['a | b', /"\|"/],
    ['a && b', /"&"/],
    ['a > b', /">"/],
    ['echo $HOME', /"\$"/],
    ['echo "$HOME"', /"\$"/],
    ['echo `id`', /"`"/],
    ['ls *.js', /"\*"/],
    ['x "open', /without its end/],
    ["x 'open", /without its end/],
    ['x \\', /without its end/],
    ['', /no program/],
    ['   ', /no program/],
    ['"" x', /no program/],
  ];
  for (const [text, expected] of cases) {
    const words = splitWords(text);
    if (expected instanceof RegExp) assert.match('problem' in words ? words.problem : words.join(), expected, text);
    else assert.deepEqual(words, expected, text);
  }
});

test('words in quotes come back as they were', () => {
  const quoted = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`;
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (words) => {
      if (words[0] === '') return;
      assert.deepEqual(splitWords(words.map(quoted).join(' ')), words);
    }),
  );
});

test('whatever one depends on stands before it, and circles are named', () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.nat({ max: 9 }), { maxLength: 3 }), { minLength: 10, maxLength: 10 }), (edges) => {
      const names = edges.map((_, index) => `s${index}`);
      const dependsOn = new Map(names.map((name, index) => [name, (edges[index] ?? []).map((to) => `s${to}`)]));
      const order = startOrder(dependsOn);
      if ('circle' in order) {
        assert.equal(order.circle.at(0), order.circle.at(-1));
        for (const [index, name] of order.circle.slice(0, -1).entries()) {
          assert.ok(dependsOn.get(name)?.includes(order.circle[index + 1] ?? ''));
        }
        return;
      }
      assert.deepEqual(order.toSorted(), names);
      for (const [name, others] of dependsOn) for (const other of others) assert.ok(order.indexOf(other) < order.indexOf(name));
    }),
  );
});

test('what a configuration says of other apps is read from where it lies', () => {
  const id = 'a'.repeat(52);
  const parsed = parseConfig(
    Buffer.from(
      `directory: ../shared\nimports: { billing: ../b.json, other: ${id} }\nservices: { web: { command: a, port: 1, forward: { 7: db.billing } } }`,
    ),
    '/etc/shop/themis.yaml',
  );
  assert.ok(parsed.ok);
  assert.equal(parsed.config.directory, '/etc/shared');
  assert.deepEqual(parsed.config.imports, [
    { alias: 'billing', anchor: '/etc/b.json' },
    { alias: 'other', anchor: id },
  ]);
  const taken = parseConfig(Buffer.from('imports: { web: a }\nservices: { web: { command: a, port: 1 } }'), 'f');
  assert.ok(!taken.ok && taken.mistakes[0]?.message === 'a service is named web already');
});
