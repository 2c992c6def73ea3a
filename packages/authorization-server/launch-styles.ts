/**
 * How a record system looks, told to the apps that it launches: JSON at an address that names its content, so that the
 * address is new whenever the content is. SMART App Launch 2.2, "smart_style_url".
 */
import { createHash } from 'node:crypto';
import type pg from 'pg';
import { jsonResponse } from './back-channel.ts';

export type Style = Readonly<Record<string, string>>;

const colour = /^#([0-9a-f]{3}|[0-9a-f]{4}|[0-9a-f]{6}|[0-9a-f]{8})$/i;
const size = /^\d{1,4}(\.\d{1,3})?(px|em|rem|%)?$/;
const font = /^[A-Za-z0-9 ,'"_-]{1,200}$/;

/** The members that SMART defines, and what each may hold: nothing that could be more than a colour, a size or a font. */
const members: ReadonlyMap<string, RegExp> = new Map([
  ...['color_background', 'color_error', 'color_highlight', 'color_modal_backdrop', 'color_success', 'color_text'].map(
    (name) => [name, colour] as const,
  ),
  ...['dim_border_radius', 'dim_font_size', 'dim_spacing_size'].map((name) => [name, size] as const),
  ...['font_family_body', 'font_family_heading'].map((name) => [name, font] as const),
]);

/** What is wrong with a style, or undefined where it can be served. */
export function styleFault(given: unknown): string | undefined {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return 'must be an object';
  const entries = Object.entries(given);
  if (entries.length === 0) return 'must say something';
  for (const [name, value] of entries) {
    const allowed = members.get(name);
    if (allowed === undefined) return `may hold ${[...members.keys()].join(', ')}`;
    if (typeof value !== 'string' || !allowed.test(value)) return `${name} is not understood`;
  }
  return undefined;
}

/** The same text for the same style, in whatever order it was written. */
export const printStyle = (style: Style): string =>
  JSON.stringify(
    Object.fromEntries([...members.keys()].flatMap((name) => (name in style ? [[name, style[name]]] : []))),
  );

const digestOf = (body: string): string => createHash('sha256').update(body).digest('base64url');

/**
 * Keeps a style, and when it was used last. @returns its absolute URL; undefined where there are too many already
 * @param most styles that are kept altogether
 */
export async function keepStyle(
  db: pg.Pool | pg.PoolClient,
  issuer: string,
  style: Style,
  at: Date,
  most: number,
): Promise<string | undefined> {
  const body = printStyle(style);
  const digest = digestOf(body);
  const { rowCount } = await db.query(
    `insert into launch_style (digest, body, used_at)
     select $1, $2, $3
     where exists (select from launch_style where digest = $1) or (select count(*) from launch_style) < $4
     on conflict (digest) do update set used_at = greatest(launch_style.used_at, excluded.used_at)`,
    [digest, body, at, most],
  );
  return rowCount === 1 ? `${issuer}/styles/${digest}.json` : undefined;
}

/** Anybody may read it, and keep it for ever: there is nothing of a person in it, and it never changes. */
export function createStyleEndpoint(pool: pg.Pool) {
  return async (request: Request, digest: string): Promise<Response> => {
    const shared = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin' };
    if (request.method === 'OPTIONS')
      return new Response(null, { status: 204, headers: { ...shared, 'access-control-allow-methods': 'GET' } });
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return jsonResponse({ error: 'invalid_request' }, 405, { ...shared, allow: 'GET' });
    const { rows } = await pool.query<{ body: string }>('select body from launch_style where digest = $1', [digest]);
    const [row] = rows;
    return row === undefined
      ? jsonResponse({ error: 'not_found' }, 404, { ...shared, 'cache-control': 'no-store' })
      : jsonResponse(row.body, 200, { ...shared, 'cache-control': 'public, max-age=31536000, immutable' });
  };
}

/** @throws Error naming the first that cannot be used */
export function checkStyles(styles: Readonly<Record<string, Style>>): void {
  for (const [name, style] of Object.entries(styles)) {
    const fault = styleFault(style);
    if (fault !== undefined) throw new Error(`The style ${name} ${fault}.`);
  }
}
