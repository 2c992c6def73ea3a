/**
 * Documents as they are provided: one submission set, entries, folders and documents in one transaction. Documents get their
 * addresses, entries are marked with their source, and what is replaced becomes superseded. IHE MHD ITI-65.
 */
import { randomUUID } from 'node:crypto';
import { type Exact, type ExactObject, isExactObject } from '@affinity/core/fhir/exact-json.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import { parseReference } from '@affinity/core/fhir/reference.ts';
import type { PreparedWrite, SentWrites } from '@affinity/resource-server/prepare-writes.ts';
import { objectsAt, textAt, textsAt } from './json-reading.ts';
import { listKindOf, metadataIssues } from './metadata-rules.ts';
import { type Level, levelStated } from './mhd.ts';
import { type Publishing, publishedWith } from './published-document.ts';
import { labelsFor, stamped } from './source.ts';

export type SettleSubject = (resource: ExactObject) => Promise<ExactObject>;

interface Sent {
  readonly at: number;
  readonly entry: ExactObject;
  readonly method: string;
  readonly type: string;
  readonly resource: ExactObject | undefined;
  readonly id: string;
}

const readEntry = (entry: ExactObject, at: number): Sent => {
  const resource = isExactObject(entry.resource) ? entry.resource : undefined;
  const url = textAt(entry, 'request.url') ?? '';
  const type = textAt(resource, 'resourceType') ?? url.split(/[/?]/)[0] ?? '';
  return { at, entry, method: textAt(entry, 'request.method') ?? '', type, resource, id: randomUUID() };
};

const types: ReadonlySet<string> = new Set(['DocumentReference', 'List', 'Binary']);

/** What the Bundle as a whole lacks, with the place where it is told. */
const wholeFault = (sent: readonly Sent[]): { readonly at: number; readonly fault: FhirError } | undefined => {
  const other = sent.find(
    ({ type, method, resource }) => resource?.resourceType === 'Bundle' || (method === 'POST' && !types.has(type)),
  );
  if (other !== undefined)
    return {
      at: other.at,
      fault: fhirError(
        422,
        'not-supported',
        'provided are Lists, DocumentReferences and Binaries (FHIRDocumentNotSupported)',
      ),
    };
  const made = sent.filter(({ method }) => method === 'POST');
  const sets = made.filter(({ resource }) => resource !== undefined && listKindOf(resource) === 'submissionset');
  if (sets.length !== 1)
    return {
      at: sets[1]?.at ?? 0,
      fault: fhirError(422, 'invariant', 'exactly one entry creates a submission set', 'Bundle.entry'),
    };
  if (!made.some(({ type }) => type === 'DocumentReference'))
    return {
      at: 0,
      fault: fhirError(422, 'invariant', 'at least one entry creates a DocumentReference', 'Bundle.entry'),
    };
  return undefined;
};

/** By what others in the Bundle speak of an entry. */
const namesOf = ({ entry }: Sent): string | undefined => textAt(entry, 'fullUrl');

/** The entry's Binary in the Bundle; `undefined` where the document is somewhere else. */
const binaryOf = (document: Sent, binaries: readonly Sent[]): Sent | undefined | FhirError => {
  const url = textAt(document.resource, 'content.attachment.url');
  const own = url === undefined ? undefined : binaries.find((one) => namesOf(one) === url);
  if (own !== undefined || (url !== undefined && /^https?:\/\//.test(url))) return own;
  const diagnostics = 'the attachment is a Binary of this Bundle, by its fullUrl, or an absolute http URL';
  return fhirError(422, 'not-found', diagnostics, 'DocumentReference.content.attachment.url');
};

/** What the documents replace, as ids at the locator. */
const replacedBy = (resource: ExactObject, base: string): readonly string[] | FhirError => {
  const found: string[] = [];
  for (const related of objectsAt(resource, 'relatesTo')) {
    if (related.code !== 'replaces') continue;
    const target = parseReference(textAt(related, 'target.reference') ?? '', [base]);
    if (target.kind !== 'local' || target.type !== 'DocumentReference')
      return fhirError(
        422,
        'not-supported',
        'only an entry of the locator can be replaced (PartialReplaceContentNotProcessed)',
        'DocumentReference.relatesTo',
      );
    found.push(target.id);
  }
  return found;
};

/** One that is no longer current is not replaced again: of two who replace the same entry at once one is told so. */
const superseding = (id: string, because: number): PreparedWrite => {
  const patch = [
    { op: 'test', path: '/status', value: 'current' },
    { op: 'replace', path: '/status', value: 'superseded' },
  ];
  const data = Buffer.from(JSON.stringify(patch)).toString('base64');
  return {
    because,
    entry: {
      resource: { resourceType: 'Binary', contentType: 'application/json-patch+json', data },
      request: { method: 'PATCH', url: `DocumentReference/${id}` },
    },
  };
};

const faultOf = (resource: ExactObject, level: Level): { readonly fault?: FhirError } => {
  const higher = levelStated(textsAt(resource, 'meta.profile'), level);
  const issues = metadataIssues(resource, higher);
  return issues.length === 0 ? {} : { fault: new FhirError(422, issues) };
};

const changed = (sent: Sent, resource: ExactObject): ExactObject => ({ ...sent.entry, resource });

/** One transaction of ITI-65, made into what is judged. */
export const prepareBundle = async (
  { entries, profiles }: Pick<SentWrites, 'entries' | 'profiles'>,
  publishing: Publishing,
  settle: SettleSubject,
): Promise<readonly PreparedWrite[] | FhirError> => {
  const sent = entries.map(readEntry);
  const fault = wholeFault(sent);
  if (sent.length === 0)
    return fhirError(422, 'invariant', 'exactly one entry creates a submission set', 'Bundle.entry');
  if (fault !== undefined)
    return sent.map(({ entry, at }) => (at === fault.at ? { entry, fault: fault.fault } : { entry }));

  const level = levelStated(profiles);
  const { base, source } = publishing;
  const made = new Map<number, PreparedWrite>();
  const added: PreparedWrite[] = [];
  const binaries = sent.filter(({ type, method }) => type === 'Binary' && method === 'POST');
  const claimed = new Set<Sent>();
  const labels: ExactObject[] = [];
  const touched = new Set(
    sent.flatMap(({ method, entry }) => (method === 'POST' ? [] : [textAt(entry, 'request.url') ?? ''])),
  );

  const document = async (one: Sent & { readonly resource: ExactObject }): Promise<FhirError | undefined> => {
    const given = faultOf(one.resource, level).fault;
    if (given !== undefined) return given;
    if (isExactObject(one.entry.request) && one.entry.request.ifNoneExist !== undefined)
      return fhirError(400, 'not-supported', 'a document is provided without a condition');
    const binary = binaryOf(one, binaries);
    if (binary instanceof FhirError) return binary;
    const replaced = replacedBy(one.resource, base);
    if (replaced instanceof FhirError) return replaced;
    let resource = one.resource;
    if (binary?.resource !== undefined) {
      if (claimed.has(binary)) return fhirError(422, 'business-rule', 'two entries speak of one Binary');
      claimed.add(binary);
      const both = publishedWith(resource, binary.resource, { entry: one.id, binary: binary.id }, publishing);
      if (both instanceof FhirError) return both;
      resource = both.entry;
      made.set(binary.at, { entry: changed(binary, both.binary), id: binary.id });
    }
    labels.push(...labelsFor(resource));
    made.set(one.at, { entry: changed(one, await settle(stamped(resource, source))), id: one.id });
    for (const id of replaced)
      if (!touched.has(`DocumentReference/${id}`)) {
        touched.add(`DocumentReference/${id}`);
        added.push(superseding(id, one.at));
      }
    return undefined;
  };

  const withResource = (one: Sent): one is Sent & { readonly resource: ExactObject } => one.resource !== undefined;
  for (const one of sent.filter(withResource)) {
    if (one.type !== 'DocumentReference' || one.method !== 'POST') continue;
    const wrong = await document(one);
    if (wrong !== undefined) made.set(one.at, { entry: one.entry, fault: wrong });
  }
  for (const one of sent.filter(withResource)) {
    if (one.type === 'Binary' && one.method === 'POST') {
      const orphan = fhirError(422, 'business-rule', 'no entry speaks of this Binary', 'Bundle.entry');
      if (!claimed.has(one)) made.set(one.at, { entry: one.entry, fault: orphan });
    } else if (one.type === 'List' || (one.type === 'DocumentReference' && one.method === 'PUT')) {
      const resource = await settle(stamped(one.resource, source, one.type === 'List' ? labels : []));
      const id = one.method === 'POST' ? { id: one.id } : {};
      made.set(one.at, { entry: changed(one, resource), ...id, ...faultOf(one.resource, level) });
    }
  }
  return [...sent.map(({ at, entry }) => made.get(at) ?? { entry }), ...added];
};

/** The members of a List, for the set that is made for a document published by itself. */
export const memberOf = (id: string): Exact => ({ item: { reference: `DocumentReference/${id}` } });
