/**
 * Who is who at the home of the domain and at this server: remembered until the feed says that a link was made or taken back,
 * and not used when the feed cannot be relied on. IHE PIXm (ITI-83).
 */
import { type ConsentFeed, linkChange } from '@affinity/core/fhir/consent-feed.ts';
import { demandFresh } from './consents.ts';
import { createKept, type Kept } from './kept.ts';

export const linkedTypes = ['Patient', 'Practitioner'] as const;
export type LinkedType = (typeof linkedTypes)[number];
export type LinkedIds = ReadonlyMap<string, string>;
type From = 'home' | 'there';

/** Ids at the other side for those at `from`; what is not linked is left out. Many at once. */
export type AskLinks = (type: LinkedType, from: From, ids: readonly string[]) => Promise<LinkedIds>;

export interface LinksOptions {
  readonly ask: AskLinks;
  readonly feed: ConsentFeed;
  /** of each kind */
  readonly remembered: number;
}

/** Both ways of asking throw FactsUnavailable when the feed is not fresh. */
export interface Links {
  /** ids at this server, by those at home */
  here(type: LinkedType, atHome: readonly string[]): Promise<LinkedIds>;
  /** ids at home, by those at this server */
  home(type: LinkedType, here: readonly string[]): Promise<LinkedIds>;
  /** another number: what was worked out before is out of date */
  generation(): number;
}

/** Asked for in one statement. */
const atOnce = 1000;

export const createLinks = ({ ask, feed, remembered }: LinksOptions): Links => {
  let generation = 0;
  const keptOf = (type: LinkedType, from: From): Kept<{ readonly id?: string }> =>
    createKept({
      most: remembered,
      atOnce,
      load: async (ids) => {
        const found = await ask(type, from, ids);
        return new Map(
          ids.map((given) => {
            const id = found.get(given);
            return [given, id === undefined ? {} : { id }] as const;
          }),
        );
      },
    });
  const both = (type: LinkedType) => ({ home: keptOf(type, 'home'), there: keptOf(type, 'there') });
  const kept = { Patient: both('Patient'), Practitioner: both('Practitioner') };
  feed.onChange((change) => {
    if (change.kind === 'consent' && change.id !== linkChange) return;
    generation += 1;
    for (const { home, there } of Object.values(kept)) {
      home.forgetAll();
      there.forgetAll();
    }
  });
  const idsOf = async (type: LinkedType, from: From, ids: readonly string[]): Promise<LinkedIds> => {
    demandFresh(feed);
    const found = await kept[type][from].of(ids);
    return new Map([...found].flatMap(([given, { id }]) => (id === undefined ? [] : [[given, id] as const])));
  };
  return {
    here: (type, atHome) => idsOf(type, 'home', atHome),
    home: (type, here) => idsOf(type, 'there', here),
    generation: () => generation,
  };
};
