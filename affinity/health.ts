/** Whether the domain lives and is ready, and its figures: for load balancers, containers and the people who start it. */
import type { Metrics } from './metrics.ts';

export interface Health {
  /** undefined when it is ready; otherwise what it waits for, in plain words */
  readonly waitingFor: () => string | undefined;
  /** how foreign systems do, by name: one that is down leaves the domain ready, since the others are served */
  readonly upstreams?: () => Readonly<Record<string, string>>;
  readonly metrics: Metrics;
}

const loopback = new Set(['127.0.0.1', '::1']);

/** Answers `/health/live`, `/health/ready` and `/metrics`; undefined for any other path. */
export const answerHealth = (
  { waitingFor, upstreams = () => ({}), metrics }: Health,
  path: string,
  address: string | undefined,
): Response | undefined => {
  if (path === '/health/live') return json(200, { status: 'live' });
  if (path === '/health/ready') {
    const waiting = waitingFor();
    const known = upstreams();
    return waiting === undefined
      ? json(200, { status: 'ready', ...(Object.keys(known).length === 0 ? {} : { upstreams: known }) })
      : json(503, { status: 'waiting', waitingFor: waiting });
  }
  if (path === '/metrics') {
    // Figures tell an outsider how busy a hospital is: they are read from the machine itself.
    if (address === undefined || !loopback.has(address)) return new Response('Not found\n', { status: 404 });
    return new Response(metrics.text(), { headers: { 'content-type': 'text/plain; version=0.0.4' } });
  }
  return undefined;
};

const json = (status: number, body: object): Response =>
  new Response(`${JSON.stringify(body)}\n`, {
    status,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
  });
