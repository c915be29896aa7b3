import type { Metrics } from './metrics.ts';

/** Has the page say what this process takes of the machine. @param now milliseconds since 1970 */
export function countProcess(metrics: Metrics, now: number): void {
  const begun = now / 1000 - process.uptime();
  metrics.gauge('process_start_time_seconds', {}).set(Math.round(begun * 100) / 100);
  metrics.gauge('process_resident_memory_bytes', {}).readFrom(() => process.memoryUsage.rss());
  metrics.counter('process_cpu_seconds_total', {}).readFrom(() => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000_000;
  });
}
