/** Figures of the running domain in Prometheus' text form: no name of a person, client or record is in them. */

export interface Metrics {
  /** @param seconds from the request's arrival to its answer */
  record(part: string, status: number, seconds: number): void;
  text(): string;
}

export const createMetrics = (): Metrics => {
  const requests = new Map<string, number>();
  const seconds = new Map<string, number>();
  return {
    record: (part, status, took) => {
      const labels = `part="${part}",status="${Math.floor(status / 100)}xx"`;
      requests.set(labels, (requests.get(labels) ?? 0) + 1);
      seconds.set(labels, (seconds.get(labels) ?? 0) + took);
    },
    text: () => {
      const lines = ['# TYPE affinity_requests_total counter'];
      for (const [labels, count] of requests) lines.push(`affinity_requests_total{${labels}} ${count}`);
      lines.push('# TYPE affinity_request_seconds_total counter');
      for (const [labels, sum] of seconds) lines.push(`affinity_request_seconds_total{${labels}} ${sum.toFixed(6)}`);
      lines.push(
        '# TYPE process_resident_memory_bytes gauge',
        `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
      );
      return `${lines.join('\n')}\n`;
    },
  };
};
