import type { Row } from '../results.ts';

/** Middle tones, which stand out from white and from black. Ours are warm. */
const COLOURS: Readonly<Record<Row['kind'], readonly string[]>> = {
  ours: ['#e8590c', '#f59f00', '#c2255c'],
  native: ['#228be6', '#2f9e44', '#7950f2', '#0c8599', '#845ef7', '#5c940d'],
  direct: ['#868e96'],
};

/** One for each row, the same in every picture with the same rows. */
export function coloursOf(rows: readonly { readonly kind: Row['kind'] }[]): readonly string[] {
  const used = { ours: 0, native: 0, direct: 0 };
  return rows.map(({ kind }) => {
    const all = COLOURS[kind];
    return all[used[kind]++ % all.length] ?? '#868e96';
  });
}
