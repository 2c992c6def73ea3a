/** The header X-Provenance: a Provenance whose target the server fills in. FHIR R4 provenance.html#header. */
import { parseJson } from '@affinity/core/fhir/json.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import { contentOf } from './body.ts';

const faulty = (diagnostics: string): FhirError => fhirError(400, 'invalid', `X-Provenance: ${diagnostics}`);

/** Its JSON text; undefined: there is none. What it lacks beside the target is found when it is stored. */
export const provenanceOf = (
  headers: Headers,
  limits: { readonly jsonDepth: number },
): string | undefined | FhirError => {
  const given = headers.get('x-provenance');
  if (given === null) return undefined;
  // A header holds bytes: what is not ASCII came as UTF-8.
  const json = Buffer.from(given, 'latin1').toString('utf8');
  const parsed = parseJson(json, { depth: limits.jsonDepth });
  if (parsed.kind === 'fault') return faulty('not a resource as JSON');
  if (parsed.members.some(({ key }) => key === 'target')) return faulty('the target is filled in by the server');
  const withTarget = json.replace(/}\s*$/, ',"target":[{"reference":"Patient/0"}]}');
  const loaded = contentOf(withTarget, { type: 'Provenance' }, limits);
  const fault = loaded instanceof FhirError ? loaded : loaded.fault;
  return fault === undefined ? json : new FhirError(400, fault.issues);
};
