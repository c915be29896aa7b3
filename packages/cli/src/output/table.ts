import type { Paint } from './paint.ts';
import { widthOf } from './paint.ts';

/** Lines of a table whose columns are as wide as their widest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], paint: Paint): readonly string[] {
  return aligned([head.map((cell) => paint.dim(cell)), ...rows]);
}

/** Indented lines of names and values. */
export function facts(rows: readonly (readonly [name: string, value: string])[], paint: Paint): readonly string[] {
  return aligned(rows.map(([name, value]) => [paint.dim(name), value])).map((line) => `  ${line}`);
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, column) => Math.max(0, ...rows.map((row) => widthOf(row[column] ?? ''))));
  return rows.map((row) => {
    const last = row.length - 1;
    return row.map((cell, column) => (column === last ? cell : padded(cell, widths[column] ?? 0))).join('  ');
  });
}

function padded(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - widthOf(cell)));
}
