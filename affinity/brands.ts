/** Who stands behind the clinic, as the operator says it: the setting `brands`, and when it changed last. SMART App Launch 2.2, brands. */
import { createHash } from 'node:crypto';
import { type Brand, identifierOfWebsite } from '@affinity/core/smart/brand.ts';
import type pg from 'pg';
import type { BrandSetting } from './brand-setting.ts';
import type { Config } from './config.ts';

const brandOf = ({ identifiers, logo, address, portal, ...rest }: BrandSetting): Brand => {
  const [first = identifierOfWebsite(rest.website), ...others] = identifiers;
  const { city, state, country } = address ?? {};
  const { name, url, description } = portal;
  return {
    ...rest,
    identifiers: [first, ...others],
    portal: { name, url, ...(description === undefined ? {} : { description }) },
    ...(logo === undefined ? {} : { logo }),
    ...(address === undefined
      ? {}
      : {
          address: {
            ...(city === undefined ? {} : { city }),
            ...(state === undefined ? {} : { state }),
            ...(country === undefined ? {} : { country }),
          },
        }),
  };
};

const ofDemonstration = (origin: string): Brand => ({
  name: 'Affinity demonstration clinic',
  aliases: [],
  website: origin,
  identifiers: [identifierOfWebsite(origin)],
  categories: ['clinical'],
  portal: { name: 'Affinity', url: `${origin}/`, description: 'Synthetic records of people who do not exist.' },
});

/** Of several processes with the same settings, the first one's time counts. */
const changedAt = async (pool: pg.Pool, brands: readonly Brand[], now: Date): Promise<string> => {
  const digest = createHash('sha256').update(JSON.stringify(brands)).digest('base64url');
  const { rows } = await pool.query<{ changed: string }>(
    `insert into domain_fact (name, value) values ('brands', jsonb_build_object('digest', $1::text, 'changed', $2::text))
     on conflict (name) do update set value =
       case when domain_fact.value->>'digest' = $1 then domain_fact.value else excluded.value end
     returning value->>'changed' as changed`,
    [digest, now.toISOString()],
  );
  return rows[0]?.changed ?? now.toISOString();
};

/** Undefined where nobody says who stands behind the clinic: then nothing is published. */
export const loadBrands = async (pool: pg.Pool, { file, demonstration, origin }: Config, now: Date) => {
  const told = file.brands.map(brandOf);
  const [first = demonstration === undefined ? undefined : ofDemonstration(origin), ...others] = told;
  if (first === undefined) return undefined;
  const list = [first, ...others] as const;
  return { list, contact: `${origin}/`, changed: await changedAt(pool, list, now) };
};
