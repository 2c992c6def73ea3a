/** What the locator makes of a write before it is judged, and what it has against one that is permitted. IHE MHD ITI-65, ITI-105. */
import { type ExactObject, isExactObject } from '@affinity/core/fhir/exact-json.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Principal } from '@affinity/core/smart/principal.ts';
import type { PrepareWrites } from '@affinity/resource-server/prepare-writes.ts';
import { textAt, textsAt } from './json-reading.ts';
import { metadataIssues } from './metadata-rules.ts';
import { levelStated } from './mhd.ts';
import { type Persons, resolvedSubject } from './persons.ts';
import { prepareBundle, type SettleSubject } from './provide-bundle.ts';
import { prepareDocument } from './simplified-publish.ts';
import { sourceOf, sourceOfClient, stamped } from './source.ts';

export interface PublishingNeighbours {
  /** of the locator, without trailing slash */
  readonly base: string;
  readonly persons: Persons;
  /** epoch milliseconds */
  readonly now: () => number;
}

/** A subject that is not known stays as it is: whether that may be told is decided first. */
const createSettle =
  (around: PublishingNeighbours): SettleSubject =>
  async (resource) => {
    const subject = await resolvedSubject(resource.subject, around);
    return subject === undefined ? resource : { ...resource, subject };
  };

export const createPreparation = (around: PublishingNeighbours): PrepareWrites => {
  const settle = createSettle(around);
  return async ({ kind, entries, profiles, principal }) => {
    const publishing = { base: around.base, source: sourceOfClient(principal) };
    if (kind === 'transaction') return prepareBundle({ entries, profiles }, publishing, settle);
    const [entry] = entries;
    const resource = entry?.resource;
    if (entry === undefined || !isExactObject(resource)) return entries.map((one) => ({ entry: one }));
    if (kind === 'create' && resource.resourceType === 'DocumentReference')
      return prepareDocument(entry, resource, publishing, settle, around.now);
    return [{ entry: { ...entry, resource: await settle(stamped(resource, publishing.source)) } }];
  };
};

const unknownPatient = (type: string): FhirError =>
  fhirError(
    422,
    'not-found',
    'the patient is not known: name one by an identifier that is, or by the id here',
    `${type}.subject`,
  );

/** Only for who may write there at all: who is known is told to nobody else. */
export const createObjection = ({ base, persons }: PublishingNeighbours) => {
  const isKnown = async ({ subject }: Resource): Promise<boolean> => {
    const settled = await resolvedSubject(subject, { base, persons });
    return settled !== undefined && settled.reference === textAt(subject as ExactObject, 'reference');
  };
  const isAddressed = (after: Resource): boolean =>
    textsAt(after as ExactObject, 'content.attachment.url').every(
      (url) =>
        /^https?:\/\//.test(url) && URL.canParse(url) && (!url.startsWith(`${base}/`) || /\/Binary\/[^/]+$/.test(url)),
    );
  return async (change: {
    readonly principal: Principal;
    readonly type: string;
    readonly before?: Resource;
    readonly after?: Resource;
  }): Promise<FhirError | undefined> => {
    const { principal, type, before, after } = change;
    if (!['DocumentReference', 'List', 'Binary'].includes(type)) return undefined;
    const source = sourceOfClient(principal);
    if ((before !== undefined && sourceOf(before) !== source) || (after !== undefined && sourceOf(after) !== source))
      return fhirError(
        403,
        'forbidden',
        'an entry is changed and withdrawn by the source that made it, and by no other',
      );
    if (after === undefined || type === 'Binary') return undefined;
    if (!(await isKnown(after))) return unknownPatient(type);
    const issues = metadataIssues(after as ExactObject, levelStated(after.meta?.profile ?? []));
    if (issues.length > 0) return new FhirError(422, issues);
    return isAddressed(after)
      ? undefined
      : fhirError(422, 'value', 'the address of a document is absolute', 'DocumentReference.content.attachment.url');
  };
};
