/** A write as far as it can be decided before anything is read: from the request and the grant alone. FHIR R4 http.html. */
import type { Filter } from '@affinity/core/fhir/filter.ts';
import type { Permit } from '@affinity/policy/decision.ts';
import type { Writing } from '../asked.ts';
import { type Searchable, searchable } from './condition.ts';
import type { Denied, Rights } from './rights.ts';

export interface Prepared {
  readonly kind: 'prepared';
  readonly asked: Writing;
  readonly permit: Permit;
  readonly search?: Searchable;
  /** of a patch: what may be read, since a patch tells of what it is applied to */
  readonly readable?: Filter;
  /** of a conditional update that meets nothing */
  readonly create?: Permit | Denied;
  /** references that are searches, by their text */
  readonly references: ReadonlyMap<string, Searchable>;
}

export const prepare = (asked: Writing, rights: Rights): Prepared | Denied => {
  const { intent } = asked;
  const permit = rights.ask(intent);
  if (permit.kind === 'denied') return permit;
  const search = asked.condition === undefined ? undefined : searchable(asked.condition, rights);
  if (search?.kind === 'denied') return search;
  const readable = intent.kind === 'patch' ? rights.ask({ kind: 'read', type: intent.type, id: '' }) : undefined;
  if (readable?.kind === 'denied') return readable;
  const references = new Map<string, Searchable>();
  for (const [text, condition] of asked.references ?? []) {
    const found = searchable(condition, rights);
    if (found.kind === 'denied') return found;
    references.set(text, found);
  }
  return {
    kind: 'prepared',
    asked,
    permit,
    references,
    ...(search === undefined ? {} : { search }),
    ...(readable === undefined ? {} : { readable: readable.filter }),
    ...(intent.kind === 'update' && search !== undefined
      ? { create: rights.ask({ kind: 'create', type: intent.type }) }
      : {}),
  };
};

/** What no other transaction may work on while this write is made. */
export const holdsOf = ({ search, references }: Prepared): readonly string[] =>
  [...(search === undefined ? [] : [search]), ...references.values()].map(({ condition }) => condition.hold);
