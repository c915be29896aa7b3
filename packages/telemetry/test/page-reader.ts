/** One sample of a page. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * Reads a page of metrics by the grammar of the text format 0.0.4, strictly: what is no comment is a sample of a family that was
 * announced, and no series comes twice.
 *
 * @throws Error with the line that is none
 */
export function readPage(text: string): readonly Sample[] {
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  const announced = new Set<string>();
  const seen = new Set<string>();
  const samples: Sample[] = [];
  for (const line of text.slice(0, -1).split('\n')) {
    const type = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram)$/.exec(line);
    if (type?.[1] !== undefined) announced.add(type[1]);
    if (line.startsWith('#')) {
      if (!/^# (?:HELP|TYPE|UNIT) [a-zA-Z_:][\w:]* .+$|^# EOF$/.test(line)) throw new Error(line);
      continue;
    }
    const match = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (match === null) throw new Error(line);
    const [, name = '', inside = '', value = ''] = match;
    const family = name.replace(/_(?:bucket|sum|count)$/, '');
    if (![name, family, name.replace(/_total$/, '')].some((each) => announced.has(each)))
      throw new Error(`not announced: ${line}`);
    const key = `${name}{${inside}}`;
    if (seen.has(key)) throw new Error(`twice: ${line}`);
    seen.add(key);
    samples.push({ name, labels: readLabels(inside), value: value === '+Inf' ? Infinity : Number(value) });
    if (Number.isNaN(samples.at(-1)?.value)) throw new Error(line);
  }
  return samples;
}

function readLabels(inside: string): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  let rest = inside;
  while (rest !== '') {
    const match = /^([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,(?=.)|$)/.exec(rest);
    if (match === null) throw new Error(inside);
    const [all, name = '', value = ''] = match;
    labels[name] = value.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));
    rest = rest.slice(all.length);
  }
  return labels;
}

/** The value of one series; undefined where there is none. @param labels those that are asked after, of perhaps more */
export function valueOf(text: string, name: string, labels: Readonly<Record<string, string>> = {}): number | undefined {
  const fits = (sample: Sample): boolean =>
    sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value);
  return readPage(text).find(fits)?.value;
}
