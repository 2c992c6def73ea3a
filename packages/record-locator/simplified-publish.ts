/**
 * One entry by itself: with its document within it, which is taken out and kept as a Binary with a submission set of its own, or
 * as the place of a document that is kept somewhere else. IHE MHD ITI-105.
 */
import { randomUUID } from 'node:crypto';
import type { ExactObject } from '@affinity/core/fhir/exact-json.ts';
import { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { PreparedWrite } from '@affinity/resource-server/prepare-writes.ts';
import { textAt, textsAt } from './json-reading.ts';
import { metadataIssues } from './metadata-rules.ts';
import { levelStated, listTypeSystem, sourceIdUrl } from './mhd.ts';
import { memberOf, type SettleSubject } from './provide-bundle.ts';
import { attachmentOf, type Publishing, publishedWith } from './published-document.ts';
import { labelsFor, stamped } from './source.ts';

const post = (resource: ExactObject, id: string): PreparedWrite => ({
  entry: { resource, request: { method: 'POST', url: textAt(resource, 'resourceType') ?? '' } },
  id,
  because: 0,
});

const submissionSet = (entry: ExactObject, id: string, at: string, { source }: Publishing): ExactObject => ({
  ...stamped({ resourceType: 'List' }, source, labelsFor(entry)),
  extension: [{ url: sourceIdUrl, valueIdentifier: { system: 'urn:ietf:rfc:3986', value: source } }],
  identifier: [{ use: 'usual', system: 'urn:ietf:rfc:3986', value: `urn:uuid:${randomUUID()}` }],
  status: 'current',
  mode: 'working',
  code: { coding: [{ system: listTypeSystem, code: 'submissionset' }] },
  ...(entry.subject === undefined ? {} : { subject: entry.subject }),
  date: at,
  entry: [memberOf(id)],
});

/** `sent` is the entry of a transaction that the write is as. */
export const prepareDocument = async (
  sent: ExactObject,
  resource: ExactObject,
  publishing: Publishing,
  settle: SettleSubject,
  now: () => number,
): Promise<readonly PreparedWrite[]> => {
  const ids = { entry: randomUUID(), binary: randomUUID(), set: randomUUID() };
  const attachment = attachmentOf(resource);
  const refused = (fault: FhirError): readonly PreparedWrite[] => [{ entry: sent, fault }];
  const judged = (settled: ExactObject, more: readonly PreparedWrite[]): readonly PreparedWrite[] => {
    const issues = metadataIssues(settled, levelStated(textsAt(settled, 'meta.profile')));
    if (issues.length > 0) return refused(new FhirError(422, issues));
    return [{ entry: { ...sent, resource: settled }, id: ids.entry }, ...more];
  };
  if (attachment === undefined || textAt(attachment, 'data') === undefined)
    return judged(await settle(stamped(resource, publishing.source)), []);
  const { contentType = '', data = '' } = attachment;
  const both = publishedWith(resource, { resourceType: 'Binary', contentType, data }, ids, publishing);
  if (both instanceof FhirError) return refused(both);
  const entry = await settle(stamped(both.entry, publishing.source));
  const set = submissionSet(entry, ids.entry, new Date(now()).toISOString(), publishing);
  return judged(entry, [post(both.binary, ids.binary), post(set, ids.set)]);
};
