/**
 * Authorization requests that apps have pushed: kept until a browser brings their reference, once. Only a hash of the
 * reference is stored, and the request is sealed under a key that only the reference gives: it may name a launch. RFC 9126 §2.2, §4, §7.1.
 */
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { hashOf } from './adapter.ts';
import type { Client } from './clients.ts';
import type { Parameters } from './form.ts';
import { openText, sealText } from './sealed-text.ts';
import type { Settings } from './settings.ts';

/** RFC 9126 §2.2 */
const prefix = 'urn:ietf:params:oauth:request_uri:';

export interface PushedRequestNeighbours {
  readonly pool: pg.Pool;
  readonly settings: Settings;
  now(): Date;
}

/** @returns its reference, of 256 random bits; undefined where too many of this app wait already */
export async function addPushedRequest(
  { pool, settings, now }: PushedRequestNeighbours,
  client: Client,
  { values, resources }: Omit<Parameters, 'repeated'>,
  address = 'unknown',
): Promise<string | undefined> {
  const reference = prefix + randomBytes(32).toString('base64url');
  const at = now();
  // Whoever can claim to be an app without proof is counted by where they are, so that they keep out nobody else.
  const bucket = client.authentication === 'none' ? hashOf(JSON.stringify([client.id, address])) : null;
  const { rowCount } = await pool.query(
    `insert into pushed_request (id, client_id, parameters, bucket, expires_at)
     select $1, $2, $3, $4, $5
     where $4::bytea is null or (select count(*) from pushed_request where bucket = $4 and expires_at > $6) < $7`,
    [
      hashOf(reference),
      client.id,
      sealText(reference, 'affinity pushed request', JSON.stringify([[...values], resources])),
      bucket,
      new Date(at.getTime() + settings.pushedRequestSeconds * 1000),
      at,
      settings.pushedRequestsWaiting,
    ],
  );
  return rowCount === 1 ? reference : undefined;
}

/**
 * One statement: of several at once, exactly one gets it. Another app than the one that pushed it neither gets it nor
 * uses it up.
 */
export async function takePushedRequest(
  { pool, now }: PushedRequestNeighbours,
  clientId: string,
  reference: string,
): Promise<Parameters | undefined> {
  const { rows } = await pool.query<{ parameters: Buffer }>(
    'delete from pushed_request where id = $1 and client_id = $2 and expires_at > $3 returning parameters',
    [hashOf(reference), clientId, now()],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const text = openText(reference, 'affinity pushed request', row.parameters);
  const [values, resources] = JSON.parse(text) as [[string, string][], string[]];
  return { values: new Map(values), resources, repeated: [] };
}
