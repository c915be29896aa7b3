/** What may become part of a picture: text is escaped where it is made. */
export type Shape = string;

/**
 * A picture that stands on its own in a page: with a ground of its own, and colours for light and for dark, since a page's
 * styles do not reach into an image.
 */
export function picture(width: number, height: number, title: string, shapes: readonly Shape[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escapeText(title)}">
<style>
  text { font: 12px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 14px; font-weight: 600 }
  .faint { fill: #59636e }
  .ground { fill: #ffffff }
  .grid { stroke: #d1d9e0 }
  .whisker { stroke: #1f2328 }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc }
    .faint { fill: #9198a1 }
    .ground { fill: #0d1117 }
    .grid { stroke: #3d444d }
    .whisker { stroke: #f0f6fc }
  }
</style>
<rect class="ground" width="${width}" height="${height}"/>
${shapes.join('\n')}
</svg>
`;
}

export interface TextPlan {
  readonly x: number;
  readonly y: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly style?: 'title' | 'faint';
}

export function textAt({ x, y, anchor = 'start', style }: TextPlan, text: string): Shape {
  const kind = style === undefined ? '' : ` class="${style}"`;
  return `<text x="${point(x)}" y="${point(y)}" text-anchor="${anchor}"${kind}>${escapeText(text)}</text>`;
}

export function line(x1: number, y1: number, x2: number, y2: number, kind: 'grid' | 'whisker'): Shape {
  return `<line class="${kind}" x1="${point(x1)}" y1="${point(y1)}" x2="${point(x2)}" y2="${point(y2)}"/>`;
}

/** A tenth of a pixel is enough, and keeps files small. */
export function point(value: number): string {
  return String(Math.round(value * 10) / 10);
}

export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
