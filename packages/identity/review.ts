/** What a steward looks at: cases side by side, the records of a person, and the history of who is who. */
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { IndexedRecord, PersonEvent, ReviewCase, Stewardship } from '@affinity/core/identity/stewardship.ts';
import { resourceKey } from '@affinity/store/terms.ts';
import type pg from 'pg';

export interface ReviewNeighbours {
  readonly pool: pg.Pool;
  readonly schema: string;
}

interface CaseRow {
  readonly id: string;
  readonly one: string;
  readonly other: string;
  readonly score: number;
  readonly reasons: readonly string[];
  readonly state: ReviewCase['state'];
  readonly raised_at: Date;
  readonly decided_at: Date | null;
  readonly decided_by: string | null;
}
const caseColumns = 'id, one, other, score, reasons, state, raised_at, decided_at, decided_by';

interface EventRow {
  readonly event: string;
  readonly kind: PersonEvent['kind'];
  readonly at: Date;
  readonly done_by: string;
  readonly why: string;
  readonly score: number | null;
  readonly from_person: string | null;
  readonly to_person: string | null;
  readonly records: readonly string[];
}

const eventOf = (row: EventRow): PersonEvent => ({
  event: row.event,
  kind: row.kind,
  at: row.at.toISOString(),
  by: row.done_by,
  why: row.why,
  ...(row.score === null ? {} : { score: row.score }),
  ...(row.from_person === null ? {} : { from: row.from_person }),
  ...(row.to_person === null ? {} : { to: row.to_person }),
  records: row.records,
});

/** As a cursor: `score id` of the last one shown. */
const afterOf = (after: string | undefined): readonly [number, string] | undefined => {
  const [, score, id] = /^(\d(?:\.\d+)?(?:e-\d+)?) (\d{1,18})$/.exec(after ?? '') ?? [];
  return score === undefined || id === undefined ? undefined : [Number(score), id];
};

export const createReview = ({
  pool,
  schema,
}: ReviewNeighbours): Pick<Stewardship, 'waiting' | 'findCase' | 'recordsOf' | 'historyOf'> => {
  const readRecords = async (records: readonly string[]): Promise<ReadonlyMap<string, IndexedRecord>> => {
    const { rows } = await pool.query<{
      record: string;
      person: string;
      base: string | null;
      patient: string | null;
      body: string;
    }>(
      `select r.record, r.person, p.base, p.patient, f.body from unnest($1::text[], $2::bigint[]) as asked (record, rid)
       join person_record r using (record) left join person_place p using (record)
       join ${schema}.resource f on f.rid = asked.rid and f.body is not null`,
      [records, records.map((record) => resourceKey('Patient', record))],
    );
    return new Map(
      rows.map(({ record, person, base, patient, body }) => [
        record,
        {
          record,
          person,
          ...(base === null || patient === null ? {} : { place: { base, patient } }),
          resource: JSON.parse(body) as Resource,
        },
      ]),
    );
  };

  /** A case of a record that is gone is none any more. */
  const casesOf = async (rows: readonly CaseRow[]): Promise<readonly ReviewCase[]> => {
    const records = await readRecords([...new Set(rows.flatMap(({ one, other }) => [one, other]))]);
    return rows.flatMap((row): ReviewCase[] => {
      const [one, other] = [records.get(row.one), records.get(row.other)];
      if (one === undefined || other === undefined) return [];
      const { id, score, reasons, state, raised_at, decided_at, decided_by } = row;
      return [
        {
          ...{ id, one, other, score, reasons, state },
          raisedAt: raised_at.toISOString(),
          ...(decided_at === null ? {} : { decidedAt: decided_at.toISOString() }),
          ...(decided_by === null ? {} : { decidedBy: decided_by }),
        },
      ];
    });
  };

  return {
    waiting: async ({ count, after }) => {
      const place = afterOf(after);
      const { rows } = await pool.query<CaseRow>(
        `select ${caseColumns} from person_review where state = 'waiting'
           and ($2::float8 is null or (-score, id) > (-$2::float8, $3::bigint))
         order by score desc, id limit $1`,
        [count + 1, place?.[0] ?? null, place?.[1] ?? null],
      );
      const shown = rows.slice(0, count);
      const last = shown.at(-1);
      const totals = await pool.query<{ total: string }>(
        "select count(*) as total from person_review where state = 'waiting'",
      );
      return {
        cases: await casesOf(shown),
        total: Number(totals.rows[0]?.total ?? 0),
        ...(rows.length > count && last !== undefined ? { next: `${last.score} ${last.id}` } : {}),
      };
    },
    findCase: async (id) => {
      if (!/^\d{1,18}$/.test(id)) return undefined;
      const { rows } = await pool.query<CaseRow>(`select ${caseColumns} from person_review where id = $1`, [id]);
      return (await casesOf(rows))[0];
    },
    recordsOf: async (person) => {
      const { rows } = await pool.query<{ record: string }>(
        `select record from person_record
         where person = (select coalesce(survivor, id) from indexed_person where id = $1) order by record`,
        [person],
      );
      return [...(await readRecords(rows.map(({ record }) => record))).values()];
    },
    historyOf: async (person) => {
      const { rows } = await pool.query<EventRow>(
        `select event, kind, at, done_by, why, score, from_person, to_person, records from person_event
         where from_person = $1 or to_person = $1 order by event desc limit 1000`,
        [person],
      );
      return rows.map(eventOf);
    },
  };
};
