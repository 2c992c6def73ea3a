/**
 * `Patient/$match`: who may be this person, the best first. IHE PDQm ITI-119; FHIR R4 patient-operation-match.html. It tells
 * of people to whoever asks, so that who asks with too little is refused, and every answer is recorded with whom it shows.
 */
import type { Version } from '@affinity/core/fhir/backend.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { bundleLabels } from '@affinity/resource-server/bundle-labels.ts';
import type { OperationAsked, OperationView, OwnOperation } from '@affinity/resource-server/own-operation.ts';
import type pg from 'pg';
import type { Match, Matcher } from '../matcher.ts';
import { parametersOf } from './operation-parameters.ts';
import { countQuestion, type QuestionLimit } from './question-limit.ts';
import { seenPerson } from './seen-person.ts';
import { patientQuery, visibleRecords } from './visible-records.ts';

export interface MatchNeighbours {
  readonly pool: pg.Pool;
  readonly base: string;
  readonly matcher: Pick<Matcher, 'match' | 'judge'>;
  /** kinds of evidence that stand in what is asked by, such as a full name or a full date of birth */
  readonly evidenceOf: (patient: Resource) => number;
  readonly evidenceLeast: number;
  readonly resultsMost: number;
  readonly settle: () => Promise<unknown>;
  readonly limit: QuestionLimit;
}

interface Question {
  readonly patient: Resource;
  readonly onlyCertain: boolean;
  readonly count: number;
}

const invalid = (why: string, expression?: string): FhirError => fhirError(400, 'invalid', why, expression);

const questionOf = (asked: OperationAsked, most: number): Question | FhirError => {
  let patient: Resource | undefined;
  let onlyCertain = false;
  let count = most;
  for (const { name, value, resource } of parametersOf(asked)) {
    switch (name) {
      case '_format':
      case '_pretty':
        break;
      case 'resource':
        if (resource?.resourceType !== 'Patient' || patient !== undefined)
          return invalid('$match takes one Patient', 'Parameters.parameter');
        patient = resource;
        break;
      case 'onlyCertainMatches':
        if (value !== 'true' && value !== 'false') return invalid('onlyCertainMatches is true or false');
        onlyCertain = value === 'true';
        break;
      case 'count':
        if (value === undefined || !/^[1-9]\d{0,5}$/.test(value)) return invalid('count is a whole number from 1');
        count = Math.min(Number(value), most);
        break;
      default:
        return invalid('$match takes resource, onlyCertainMatches and count');
    }
  }
  return patient === undefined
    ? fhirError(400, 'required', '$match needs a Patient as resource', 'Parameters.parameter')
    : { patient, onlyCertain, count };
};

const tooLittle = (least: number): FhirError =>
  fhirError(
    422,
    'business-rule',
    `$match needs at least ${least} of: a full name, a full date of birth, an address with street, a telephone number or e-mail address, an identifier`,
  );

/** Several certain ones of different people are none (ITI-119, case 5). */
const ofOnePerson = async (
  view: OperationView,
  matches: readonly Match[],
  neighbours: MatchNeighbours,
): Promise<boolean> =>
  matches.length < 2 ||
  (await seenPerson(
    view,
    matches.map(({ place }) => place.patient),
    neighbours,
  )) !== undefined;

const gradeUrl = 'http://hl7.org/fhir/StructureDefinition/match-grade';

const entryOf = (base: string, { grade, score }: Match, { id, body }: Version): string => {
  const search = { extension: [{ url: gradeUrl, valueCode: grade }], mode: 'match', score };
  return `{"fullUrl":${JSON.stringify(`${base}/Patient/${id}`)},"resource":${body},"search":${JSON.stringify(search)}}`;
};

/** Those that a caller may find, as a matcher asks for them; what was found is kept. */
const sight =
  (view: OperationView, found: Map<string, Version>): NonNullable<Parameters<Matcher['match']>[2]['visible']> =>
  async (places) => {
    const ids = [...new Set(places.map(({ patient }) => patient))].filter((id) => !found.has(id));
    for (const [id, version] of await visibleRecords(view, ids)) found.set(id, version);
    return places.map(({ patient }) => found.has(patient));
  };

export const createMatch = (neighbours: MatchNeighbours): OwnOperation => ({
  name: 'match',
  on: 'type',
  types: ['Patient'],
  methods: ['POST'],
  definition: 'http://hl7.org/fhir/OperationDefinition/Patient-match',
  needs: () => [{ kind: 'search-type', type: 'Patient', query: patientQuery([], 0) }],
  perform: async (asked, view) => {
    const { pool, base, matcher, evidenceOf, evidenceLeast, resultsMost, settle, limit } = neighbours;
    const refused = (error: FhirError) => ({ kind: 'refused', error }) as const;
    const question = questionOf(asked, resultsMost);
    if (question instanceof FhirError) return refused(question);
    const throttled = await countQuestion(asked.principal.clientId, limit);
    if (throttled !== undefined) return refused(throttled);
    const { patient, onlyCertain, count } = question;
    if (evidenceOf(patient) < evidenceLeast) return refused(tooLittle(evidenceLeast));
    await settle();
    const found = new Map<string, Version>();
    const wanted = onlyCertain ? resultsMost : count;
    const all = await matcher.match(pool, patient, { limit: wanted, visible: sight(view, found) });
    const certain = all.filter(({ grade }) => grade === 'certain');
    const alike = all.filter(({ grade }) => grade !== 'certainly-not');
    const chosen = onlyCertain ? ((await ofOnePerson(view, certain, neighbours)) ? certain : []) : alike;
    const shown = chosen.slice(0, count).flatMap((match) => {
      const version = found.get(match.place.patient);
      return version === undefined ? [] : [{ match, version }];
    });
    const entries = shown.map(({ match, version }) => entryOf(base, match, version));
    const labels = bundleLabels(shown.map(({ version }) => version.body));
    const meta = labels.length === 0 ? '' : `"meta":${JSON.stringify({ security: labels })},`;
    const json = `{"resourceType":"Bundle",${meta}"type":"searchset","total":${entries.length}${
      entries.length === 0 ? '' : `,"entry":[${entries.join()}]`
    }}`;
    return { kind: 'made', json, shows: shown.map(({ version }) => version) };
  },
});
