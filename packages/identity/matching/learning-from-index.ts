/** A model learned from the records that are in the index, for a domain whose people are not like those of the shipped one. */

import type { Queryable } from './candidates.ts';
import type { Demographics } from './demographics.ts';
import { firstGuess } from './first-guess.ts';
import { learnModel, roundModel } from './learning.ts';
import type { MatchingModel, MatchingSettings } from './settings.ts';

export interface Learned {
  readonly model: MatchingModel;
  /** how many there are, and how many of them were looked at */
  readonly records: number;
  readonly looked: number;
}

/**
 * Those whose keys come first are looked at, which is as good as by chance. Of a share of all records a share of the
 * others of each is among them, so that what is learned of how many others there are is told of all.
 */
export const learnFromIndex = async (db: Queryable, settings: MatchingSettings, most: number): Promise<Learned> => {
  const counted = await db.query<{ records: number }>('select count(*)::integer as records from match_record');
  const { rows } = await db.query<{ demographics: string }>(
    'select demographics from match_record order by record limit $1',
    [most],
  );
  const people = rows.map(({ demographics }) => JSON.parse(demographics) as Demographics);
  const records = Math.max(counted.rows[0]?.records ?? 0, people.length);
  const model = learnModel(people, { ...settings, model: firstGuess }, Math.min(400_000, 20 * people.length));
  const whole = people.length === 0 ? 1 : records / people.length;
  const { one, household } = model.others;
  const others = { one: one * whole, household: household * whole };
  return { model: roundModel({ ...model, others }), records, looked: people.length };
};
