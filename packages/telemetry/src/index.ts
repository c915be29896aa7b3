export { DIRECTIONS, type Direction } from './direction.ts';

export { MOST_SERIES, OTHER, type LabelDeclaration, type MetricDeclaration } from './metrics/declaration.ts';
export { PROTOCOLS, type LocalPort, type LoggedProtocol, type StatusClass } from './metrics/labels.ts';
export {
  COUNTERS,
  GAUGES,
  HISTOGRAMS,
  type CounterLabels,
  type GaugeLabels,
  type HistogramLabels,
  type NoLabels,
} from './metrics/names.ts';
export { Counter, Gauge, Histogram } from './metrics/instruments.ts';
export { Metrics } from './metrics/metrics.ts';
export { countProcess } from './metrics/process-metrics.ts';
export type { PageFormat } from './page/exposition.ts';
export { listenForScrapes, MOST_SCRAPERS, type ScrapePlace } from './page/listen-for-scrapes.ts';

export { ACCESS_FIELDS, type AccessField, type AccessFieldName } from './access/fields.ts';
export type { AccessEntry } from './access/entry.ts';
export { AccessLog, MOST_WAITING, type AccessLogOptions, type LogClock } from './access/access-log.ts';
export { CallSink, FileSink, StreamSink, type LineSink } from './access/sink.ts';

export { RequestLog, type Party, type RequestLogOptions, type Self } from './requests/request-log.ts';
export type { OpenRequest } from './requests/open-request.ts';
