/** The hospital of the demonstration as a further server of the domain, and who of the clinic is who there. IHE PIXm. */
import { linkAll } from '@affinity/authorization-server/cross-reference.ts';
import { transaction } from '@affinity/store/postgres/pool.ts';
import type pg from 'pg';
import type { Config } from '../../config.ts';
import type { FurtherServer } from '../../upstreams.ts';
import { hospitalMapping, prepareHospital } from './prepare-hospital.ts';

const path = '/hospital/fhir';

/** Undefined where the settings have one of that name or place already. */
const hospitalServer = (databaseUrl: string, declared: readonly FurtherServer[]): FurtherServer | undefined =>
  declared.some((one) => one.name === 'hospital' || one.path.startsWith('/hospital'))
    ? undefined
    : {
        name: 'hospital',
        path,
        title: 'St. Elisabeth Hospital',
        tokens: 'jwt',
        gateway: {},
        upstream: { kind: 'sql', database: { postgres: databaseUrl }, mapping: hospitalMapping },
      };

/** Those of the settings, and in the demonstration its hospital before them. @param databaseUrl of the demonstration */
export const furtherServersOf = (
  { demonstration, furtherServers }: Pick<Config, 'demonstration' | 'furtherServers'>,
  databaseUrl: string,
): { readonly all: readonly FurtherServer[]; readonly hasHospital: boolean } => {
  const hospital = demonstration === undefined ? undefined : hospitalServer(databaseUrl, furtherServers);
  return hospital === undefined
    ? { all: furtherServers, hasHospital: false }
    : { all: [hospital, ...furtherServers], hasHospital: true };
};

export interface HospitalNeighbours {
  readonly pool: pg.Pool;
  readonly origin: string;
  readonly patients: number;
  readonly now: Date;
}

/** Whom somebody has unlinked since stays so. */
export const openHospital = async ({ origin, ...neighbours }: HospitalNeighbours): Promise<void> => {
  const { patients, practitioners } = await prepareHospital(neighbours);
  const base = `${origin}${path}`;
  const pairsOf = (links: typeof patients) => links.map(({ clinic, hospital }) => [clinic, hospital] as const);
  await transaction(neighbours.pool, async (db) => {
    const { rowCount } = await db.query(
      'insert into domain_fact (name, value) values ($1, to_jsonb($2::text)) on conflict do nothing',
      [`hospital-linked ${base}`, base],
    );
    if (rowCount !== 1) return;
    await linkAll(db, 'Patient', base, pairsOf(patients));
    await linkAll(db, 'Practitioner', base, pairsOf(practitioners));
  });
};
