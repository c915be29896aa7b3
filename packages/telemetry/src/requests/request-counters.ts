import { DIRECTIONS, type Direction } from '../direction.ts';
import type { Counter, Gauge } from '../metrics/instruments.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { OpenRequest } from './open-request.ts';

interface OfDirection {
  readonly inFlight: Gauge;
  readonly bytesIn: Counter;
  readonly bytesOut: Counter;
}

/** What is counted of requests whoever is at the other end. */
export class RequestCounters {
  readonly #metrics: Metrics;
  readonly #of: Readonly<Record<Direction, OfDirection>>;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
    const [inbound, outbound] = DIRECTIONS.map((direction) => ({
      inFlight: metrics.gauge('themis_requests_in_flight', { direction }),
      bytesIn: metrics.counter('themis_bytes_total', { direction, flow: 'in' }),
      bytesOut: metrics.counter('themis_bytes_total', { direction, flow: 'out' }),
    })) as [OfDirection, OfDirection];
    this.#of = { inbound, outbound };
  }

  begin(direction: Direction): void {
    this.#of[direction].inFlight.add(1);
  }

  end({ direction, bytesIn, bytesOut, refusal }: OpenRequest): void {
    const of = this.#of[direction];
    of.inFlight.add(-1);
    of.bytesIn.add(bytesIn);
    of.bytesOut.add(bytesOut);
    if (refusal !== undefined) this.#metrics.counter('themis_request_refusals_total', { direction, refusal }).add();
  }
}
