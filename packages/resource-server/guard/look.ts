/** What is read of one type, under the decision's Filter. FHIR R4 http.html#read, #vread, #history, #search. */
import type { Asking, Backend, FilterOf } from '@affinity/core/fhir/backend.ts';
import type { Filter } from '@affinity/core/fhir/filter.ts';
import { type Answer, gone, notFound } from '../answer.ts';
import type { Looking } from '../asked.ts';
import { ofAnyIdentifier } from './any-identifier.ts';
import { withheld } from './document.ts';
import { isDenied, notOffered } from './refusals.ts';
import type { Denied, Rights } from './rights.ts';
import { type On, type Surroundings, signalling } from './surroundings.ts';

/** What is included beside the matches must be readable by itself. */
const included = (rights: Rights): FilterOf => rights.filterOf((type) => ({ kind: 'read', type, id: '' }));

const search = async (
  { intent, ignored }: Looking & { intent: { kind: 'search-type' } },
  filter: Filter,
  on: On,
  { rights, signal, patientsIdentified }: Surroundings,
): Promise<Answer | Denied> => {
  const joined = rights.ofJoins(intent.query);
  if (joined.kind === 'denied') return joined;
  const query = await ofAnyIdentifier(intent.query, patientsIdentified);
  const asking: Asking = {
    chained: joined.chained,
    included: included(rights),
    ...signalling(signal()),
  };
  return {
    kind: 'search',
    path: query.type,
    understood: query.understood,
    ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
    ...(ignored === undefined ? {} : { ignored }),
    result: await on.searchType(query, filter, asking),
  };
};

const isSearch = (asked: Looking): asked is Looking & { intent: { kind: 'search-type' } } =>
  asked.intent.kind === 'search-type';

/** The decision, then the fault of the request, then what is there. */
export const look = async (asked: Looking, on: On, around: Surroundings): Promise<Answer | Denied> => {
  const permit = around.rights.ask(asked.intent);
  if (isDenied(permit)) return permit;
  const { filter, because } = permit;
  const answer = await lookWithin(asked, filter, on, around);
  return isDenied(answer) ? answer : { ...answer, because };
};

const lookWithin = async (asked: Looking, filter: Filter, on: On, around: Surroundings): Promise<Answer | Denied> => {
  const { intent, fault, understood = [] } = asked;
  if (fault !== undefined) return { kind: 'refusal', error: fault };
  switch (intent.kind) {
    case 'read':
    case 'vread': {
      const result = intent.kind === 'read' ? await on.read(intent, filter) : await on.vread(intent, filter);
      if (result.kind === 'found')
        return (await withheld(result.version, on, around)) ?? { kind: 'resource', version: result.version };
      return result.kind === 'absent' ? notFound() : gone();
    }
    case 'history-instance': {
      const result = await on.historyInstance(intent, filter, around.signal());
      if (result.kind === 'absent') return notFound();
      const path = `${intent.type}/${intent.id}/_history`;
      return { ...result, path, understood, ...cursorOf(intent.page.before) };
    }
    case 'history-type': {
      const { history } = around.backend as Partial<Pick<Backend, 'history'>>;
      if (history === undefined) return notOffered();
      const result = await history({ types: [intent.type], page: intent.page }, () => filter, around.signal());
      return { ...result, path: `${intent.type}/_history`, understood, ...cursorOf(intent.page.before) };
    }
    case 'search-type':
      return isSearch(asked) ? search(asked, filter, on, around) : notOffered();
  }
};

const cursorOf = (before: string | undefined): { readonly cursor?: string } =>
  before === undefined ? {} : { cursor: before };
