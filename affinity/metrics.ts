/** Figures of the running domain in Prometheus' text form: no name of a person, client or record is in them. */

export interface Metrics {
  /** @param seconds from the request's arrival to its answer */
  record(part: string, status: number, seconds: number): void;
  /** something that a foreign system did wrong */
  countReport(upstream: string, kind: string): void;
  /** Figures of a foreign system, asked for when they are told. */
  follow(upstream: string, look: () => UpstreamFigures): void;
  text(): string;
}

export interface UpstreamFigures {
  readonly isUp: boolean;
  /** since the start, by name */
  readonly counts: Readonly<Record<string, number>>;
}

/** `totalMs` is `total_ms` there. */
const snake = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

export const createMetrics = (): Metrics => {
  const requests = new Map<string, number>();
  const seconds = new Map<string, number>();
  const reports = new Map<string, number>();
  const upstreams = new Map<string, () => UpstreamFigures>();
  const upstreamLines = (): readonly string[] => {
    const figures = [...upstreams].map(([name, look]) => [name, look()] as const);
    const names = new Set(figures.flatMap(([, { counts }]) => Object.keys(counts)));
    return [
      ...(figures.length === 0 ? [] : ['# TYPE affinity_upstream_up gauge']),
      ...figures.map(([name, { isUp }]) => `affinity_upstream_up{upstream="${name}"} ${isUp ? 1 : 0}`),
      ...[...names].flatMap((each) => [
        `# TYPE affinity_upstream_${snake(each)}_total counter`,
        ...figures.flatMap(([name, { counts }]) =>
          counts[each] === undefined
            ? []
            : [`affinity_upstream_${snake(each)}_total{upstream="${name}"} ${counts[each]}`],
        ),
      ]),
      ...(reports.size === 0 ? [] : ['# TYPE affinity_upstream_reports_total counter']),
      ...[...reports].map(([labels, count]) => `affinity_upstream_reports_total{${labels}} ${count}`),
    ];
  };
  return {
    countReport: (upstream, kind) => {
      const labels = `upstream="${upstream}",kind="${kind}"`;
      reports.set(labels, (reports.get(labels) ?? 0) + 1);
    },
    follow: (upstream, look) => {
      upstreams.set(upstream, look);
    },
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
      lines.push(...upstreamLines());
      lines.push(
        '# TYPE process_resident_memory_bytes gauge',
        `process_resident_memory_bytes ${process.memoryUsage.rss()}`,
      );
      return `${lines.join('\n')}\n`;
    },
  };
};
