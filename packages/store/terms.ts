/**
 * What a resource is found by, as numbers: each term is the first 63 bits of the SHA-256 of an unambiguous text, so
 * that a row holds them as a short array and every comparison is of integers. FHIR R4 search.html.
 *
 * Two different texts meet in one number once in 2^63 pairs; docs/decisions/0002-table-layout.md says what that comes to.
 */
import { hash } from 'node:crypto';

/** A positive 63-bit integer as decimal text, the way the driver takes and gives bigint. */
export type Term = string;

const kept = 100_000;
const known = new Map<string, Term>();

const hashOf = (text: string): Term => {
  const digest = hash('sha256', text, 'buffer');
  digest[0] = (digest[0] ?? 0) & 0x7f;
  return digest.readBigInt64BE(0).toString();
};

const hashWithMemory = (text: string): Term => {
  const remembered = known.get(text);
  if (remembered !== undefined) return remembered;
  const term = hashOf(text);
  // The oldest goes first: codes come again at once, so what is lost is soon back.
  if (known.size >= kept) for (const oldest of known.keys()) if (known.delete(oldest)) break;
  known.set(text, term);
  return term;
};

// A type and a parameter hold no blank, and a length stands before the first of two values: no two meanings share a text.
const termOf = (type: string, param: string, kind: string, first: string, second: string): Term =>
  hashWithMemory(`${type} ${param} ${kind} ${first.length} ${first}${second}`);

/** The key of a resource in every table. */
export const resourceKey = (type: string, id: string): Term => hashOf(`${type}/${id}`);

/** Some value of the parameter stands in the resource. */
export const presentTerm = (type: string, param: string): Term => termOf(type, param, 'present', '', '');

/** A token value: any system, any code of a system, or one code of one system ('' is "no system"). */
export const codeTerm = (type: string, param: string, code: string): Term => termOf(type, param, 'code', code, '');
export const systemTerm = (type: string, param: string, system: string): Term =>
  termOf(type, param, 'system', system, '');
export const tokenTerm = (type: string, param: string, system: string, code: string): Term =>
  termOf(type, param, 'token', system, code);

/** A reference by type and id, by bare id, or by the URL of something that is elsewhere. */
export const referenceTerm = (type: string, param: string, targetType: string, id: string): Term =>
  termOf(type, param, 'reference', targetType, id);
export const referenceIdTerm = (type: string, param: string, id: string): Term => termOf(type, param, 'id', id, '');
export const urlTerm = (type: string, param: string, url: string): Term => termOf(type, param, 'url', url, '');

/** The parameter name under which `Reference.identifier` is kept. */
export const identifierParam = (param: string): string => `${param}:identifier`;

/** A security label of the resource. */
export const labelTerm = (type: string, system: string, code: string): Term => termOf(type, '', 'label', system, code);
