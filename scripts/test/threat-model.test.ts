import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import test, { suite } from 'node:test';

const ROOT = new URL('../../', import.meta.url);
const PAGE = readFileSync(new URL('docs/threat-model.md', ROOT), 'utf8');

/** A row of the tables of attacks: its numbers, and what shows the defence. */
interface Row {
  readonly numbers: readonly number[];
  readonly shownBy: string;
}

const ROWS: readonly Row[] = PAGE.split('\n')
  .map((line) => /^\| ([\d–, ]+) \|.*\| ([^|]+) \|$/.exec(line))
  .filter((match) => match !== null)
  .map(([, numbers = '', shownBy = '']) => ({ numbers: numbers.split(', ').flatMap(rangeOf), shownBy }));

/** Classes of attack that what there is so far touches. */
const COVERED: readonly number[] = [...[...range(1, 34), 36, ...range(38, 46), 48], ...[...range(50, 59), ...range(63, 69)]];

suite('the threat model', () => {
  test('speaks of each class of attack once, and of none that is not there', () => {
    const numbers = ROWS.flatMap((row) => row.numbers);
    assert.deepEqual(
      [...numbers].sort((a, b) => a - b),
      range(1, 69),
    );
  });

  test('shows a test for each class that matters now, and says of every other when it comes', () => {
    for (const { numbers, shownBy } of ROWS) {
      const isCovered = numbers.some((number) => COVERED.includes(number));
      assert.ok(isCovered ? evidenceIn(shownBy).length > 0 : /“|not yet: /.test(shownBy), `row ${numbers.join(', ')}`);
    }
  });

  for (const [file, titles] of evidenceByFile()) {
    test(`names tests that are there: ${file}`, () => {
      assert.ok(existsSync(new URL(file, ROOT)), 'there is no such file');
      const source = readFileSync(new URL(file, ROOT), 'utf8');
      for (const title of titles) assert.ok(source.includes(title), `no test is called “${title}”`);
    });
  }
});

function evidenceByFile(): ReadonlyMap<string, readonly string[]> {
  const files = new Map<string, readonly string[]>();
  for (const { file, title } of ROWS.flatMap(({ shownBy }) => evidenceIn(shownBy))) {
    files.set(file, [...(files.get(file) ?? []), title]);
  }
  return files;
}

/** Reads `` `file`: “title”, “title”; … ``. Of a title that a test makes from its data, the fixed part stands there. */
function evidenceIn(shownBy: string): readonly { readonly file: string; readonly title: string }[] {
  return [...shownBy.matchAll(/`([^`]+)`: ((?:“[^”]+”(?:, )?)+)/g)].flatMap(([, file = '', titles = '']) =>
    [...titles.matchAll(/“([^”]+)”/g)].map(([, title = '']) => ({ file, title })),
  );
}

function rangeOf(text: string): readonly number[] {
  const [from = 0, to = from] = text.split('–').map(Number);
  return range(from, to);
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
