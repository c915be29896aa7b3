/** A table in Markdown. Cells are text: what would end one is escaped. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  return [line(head), line(head.map(() => '---')), ...rows.map((row) => line(row.map((cell) => cell.replaceAll('|', '\\|'))))];
}

/** @param lines of a page, without its first line, which says where it comes from */
export function page(title: string, lines: readonly string[]): string {
  return [`# ${title}`, '', '<!-- Made by `npm run docs:reference` from the sources. -->', '', ...lines, ''].join('\n');
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
