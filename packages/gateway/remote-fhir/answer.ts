/**
 * What an answer of a foreign server says: FHIR in JSON that can be relied on to be what it seems, or nothing that is used.
 * FHIR R4 http.html#mime-type, json.html.
 */
import type { FhirError } from '@affinity/core/fhir/outcome.ts';
import type { Held } from '../source.ts';
import { type Answer, headerOf } from './connection.ts';
import { heldOf } from './held.ts';
import { type JsonText, readJson } from './json-text.ts';
import { type ReportUpstream, unusable } from './upstream-fault.ts';
import type { UpstreamNames } from './upstream-names.ts';

const types = new Set(['application/fhir+json', 'application/json', 'application/json+fhir', 'text/json']);

/** FHIR R4 versioning.html#mt-version: where a version is said, it is R4. */
const isFhirJson = (contentType: string | undefined): boolean => {
  const [type = '', ...parameters] = (contentType ?? '')
    .toLowerCase()
    .split(';')
    .map((part) => part.trim());
  return (
    types.has(type) &&
    parameters.every((parameter) => {
      const [name, value = ''] = parameter.split('=');
      if (name === 'charset') return value.replaceAll('"', '') === 'utf-8';
      return name !== 'fhirversion' || value.replaceAll('"', '').startsWith('4.0');
    })
  );
};

export interface Reading {
  readonly source: string;
  readonly names: UpstreamNames;
  readonly report: ReportUpstream;
}

/** What was asked for cannot be made out of the answer: the operator is told why, the caller only that. */
export const useless = ({ source, report }: Pick<Reading, 'source' | 'report'>, detail: string): FhirError => {
  report({ kind: 'upstream-unusable', source, detail });
  return unusable();
};

/** @throws FhirError 502 where it is no FHIR in JSON */
export const fhirJson = (answer: Answer, reading: Reading): JsonText => {
  if (!isFhirJson(headerOf(answer, 'content-type'))) throw useless(reading, 'content type');
  const json = readJson(answer.text);
  if (json === undefined || typeof json.value.resourceType !== 'string') throw useless(reading, 'no FHIR');
  return json;
};

/** @throws FhirError 502 where it is not this resource */
export const heldIn = (
  answer: Answer,
  reading: Reading,
  at: { readonly type: string; readonly id?: string; readonly versionId?: string },
): Held => {
  const { value } = fhirJson(answer, reading);
  const beside = { etag: headerOf(answer, 'etag'), lastModified: headerOf(answer, 'last-modified') };
  const held = heldOf(value, answer.text.trim(), reading.names, beside);
  if (held === undefined) throw useless(reading, 'no resource');
  if (held.type !== at.type || (at.id !== undefined && held.id !== at.id)) throw useless(reading, 'another resource');
  if (at.versionId !== undefined && held.versionId !== at.versionId) throw useless(reading, 'another version');
  return held;
};
