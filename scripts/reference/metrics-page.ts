import {
  COUNTERS,
  GAUGES,
  HISTOGRAMS,
  MOST_SERIES,
  OTHER,
  type LabelDeclaration,
  type MetricDeclaration,
} from '@themis-mesh/telemetry';
import { markdownTable, page } from './markdown.ts';

const INTRODUCTION = `
What a member of a mesh counts: in process \`mesh.metrics.text()\`, and a page at \`http://127.0.0.1:PORT/metrics\` with
\`join({ metrics: { port } })\`, \`themis run --metrics PORT\` or the key \`metrics\` of a \`themis.yaml\`. It is the text format 0.0.4
of Prometheus, or OpenMetrics 1.0 for whoever asks for it. [The guide](../guides/observing.md) says how to read it.

Labels have closed sets, or are bounded: a metric has at most ${MOST_SERIES} series, where its table does not say another
number; what comes later is counted together, with \`${OTHER}\` in the place of every name. Names and units keep their meaning.
`.trim();

/** `docs/reference/metrics.md` */
export function metricsPage(): string {
  return page('Metrics', [
    INTRODUCTION,
    ...section('Counters', 'They rise, and begin anew with the process.', COUNTERS),
    ...section('Gauges', 'They are as they are when the page is read.', GAUGES),
    ...section('Histograms', 'Each has `_bucket` with `le`, `_sum` and `_count`.', HISTOGRAMS),
  ]);
}

function section(title: string, what: string, table: Readonly<Record<string, MetricDeclaration>>): readonly string[] {
  const rows = Object.entries(table).map(([name, declaration]) => [
    `\`${name}\``,
    `${declaration.help}.${boundsOf(declaration)}`,
    Object.keys(declaration.labels)
      .map((label) => `\`${label}\``)
      .join(', '),
  ]);
  const labels = new Map(Object.values(table).flatMap((declaration) => Object.entries(declaration.labels)));
  return [
    '',
    `## ${title}`,
    '',
    what,
    '',
    ...markdownTable(['metric', 'meaning', 'labels'], rows),
    '',
    ...markdownTable(
      ['label', 'meaning', 'values'],
      [...labels].map(([name, label]) => [`\`${name}\``, label.meaning, valuesOf(label)]),
    ),
  ];
}

function boundsOf({ buckets, most, unit }: MetricDeclaration): string {
  const parts = [
    ...(unit === undefined ? [] : [`In ${unit}`]),
    ...(buckets === undefined ? [] : [`buckets up to ${buckets.join(', ')}`]),
    ...(most === undefined ? [] : [`at most ${most} series`]),
  ];
  return parts.length === 0 ? '' : ` ${parts.join('; ')}.`;
}

function valuesOf({ values, valuesAre }: LabelDeclaration): string {
  if (values === undefined) return 'names';
  return valuesAre ?? values.map((value) => `\`${value}\``).join(', ');
}
