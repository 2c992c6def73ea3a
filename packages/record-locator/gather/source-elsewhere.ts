/**
 * A server of the domain that runs elsewhere, asked by the one way out: its name looked up once, its address checked, no
 * redirect followed with what is ours. CWE-918; RFC 9700 §4.11.
 */
import type { Permissions } from '@affinity/outbound/outbound-url.ts';
import type { SafeFetch } from '@affinity/outbound/safe-fetch.ts';
import { isUnder, type Source, type SourceReply } from './source.ts';

export interface ElsewhereNeighbours {
  readonly send: SafeFetch;
  /** what an operator allows beside public addresses */
  readonly permissions: Permissions;
  /** of an answer */
  readonly bytes: number;
  /** that one question may take at most, whoever waits */
  readonly milliseconds: number;
}

export const sourceElsewhere = (
  { title, base }: Pick<Source, 'title' | 'base'>,
  { send, permissions, bytes, milliseconds }: ElsewhereNeighbours,
): Source => ({
  title,
  base,
  ask: async ({ method, url, body, headers, signal }): Promise<SourceReply> => {
    if (!isUnder(base, url)) return { kind: 'failed', why: 'malformed' };
    const answer = await send({
      url,
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      accept: ['application/fhir+json', 'application/json'],
      bytes,
      milliseconds,
      signal,
      ...permissions,
    });
    if (answer.kind === 'answer') return { kind: 'reply', status: answer.status, body: answer.body.toString('utf8') };
    switch (answer.why) {
      case 'too-slow':
        return { kind: 'failed', why: 'timeout' };
      case 'unreachable':
      case 'address':
        return { kind: 'failed', why: 'unreachable' };
      default:
        return { kind: 'failed', why: 'malformed' };
    }
  },
});
