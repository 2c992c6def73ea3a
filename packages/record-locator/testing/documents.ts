/** Documents as a source provides them. IHE MHD ITI-65. */
import { createHash } from 'node:crypto';
import { listTypeSystem, sourceIdUrl } from '../mhd.ts';

export const text = 'Blood pressure 138/86 mmHg. Review in three months.';
export const sha1 = createHash('sha1').update(text).digest('base64');

type More = Readonly<Record<string, unknown>>;

export const reference = (more: More = {}, attachment: More = {}) => ({
  resourceType: 'DocumentReference',
  masterIdentifier: { system: 'urn:ietf:rfc:3986', value: 'urn:oid:1.2.3.1' },
  status: 'current',
  type: { coding: [{ system: 'http://loinc.org', code: '34133-9' }] },
  subject: { reference: 'Patient/p1' },
  content: [
    { attachment: { contentType: 'text/plain', url: 'urn:uuid:b0000000-0000-4000-8000-000000000001', ...attachment } },
  ],
  ...more,
});

export const binary = (more: More = {}) => ({
  resourceType: 'Binary',
  contentType: 'text/plain',
  data: Buffer.from(text).toString('base64'),
  ...more,
});

export const submissionSet = (more: More = {}) => ({
  resourceType: 'List',
  extension: [{ url: sourceIdUrl, valueIdentifier: { value: 'urn:oid:1.2.3.4' } }],
  identifier: [{ use: 'usual', system: 'urn:ietf:rfc:3986', value: 'urn:oid:1.2.3.2' }],
  status: 'current',
  mode: 'working',
  code: { coding: [{ system: listTypeSystem, code: 'submissionset' }] },
  subject: { reference: 'Patient/p1' },
  date: '2026-11-02T10:00:00Z',
  entry: [{ item: { reference: 'urn:uuid:d0000000-0000-4000-8000-000000000001' } }],
  ...more,
});

export const folder = (more: More = {}) => ({
  resourceType: 'List',
  identifier: [{ use: 'usual', system: 'urn:ietf:rfc:3986', value: 'urn:oid:1.2.3.3' }],
  status: 'current',
  mode: 'working',
  title: 'Hypertension',
  code: { coding: [{ system: listTypeSystem, code: 'folder' }] },
  subject: { reference: 'Patient/p1' },
  entry: [{ item: { reference: 'urn:uuid:d0000000-0000-4000-8000-000000000001' } }],
  ...more,
});

export const post = (resource: More, fullUrl?: string) => ({
  ...(fullUrl === undefined ? {} : { fullUrl }),
  resource,
  request: { method: 'POST', url: String(resource.resourceType) },
});

export const minimal = 'https://profiles.ihe.net/ITI/MHD/StructureDefinition/IHE.MHD.Minimal.ProvideBundle';
export const comprehensive = 'https://profiles.ihe.net/ITI/MHD/StructureDefinition/IHE.MHD.Comprehensive.ProvideBundle';

/** One document with its submission set. */
export const provided = (
  document: More = reference(),
  { set = submissionSet(), held = binary(), more = [] as readonly unknown[], profile = minimal } = {},
) => ({
  resourceType: 'Bundle',
  type: 'transaction',
  meta: { profile: [profile] },
  entry: [
    post(set, 'urn:uuid:50000000-0000-4000-8000-000000000001'),
    post(document, 'urn:uuid:d0000000-0000-4000-8000-000000000001'),
    post(held, 'urn:uuid:b0000000-0000-4000-8000-000000000001'),
    ...more,
  ],
});

export const sending = (body: unknown, method = 'POST', type = 'application/fhir+json'): RequestInit => ({
  method,
  body: typeof body === 'string' ? body : JSON.stringify(body),
  headers: { 'Content-Type': type },
});
