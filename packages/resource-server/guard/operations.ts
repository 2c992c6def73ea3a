/** Operations on one resource: `$meta` and `$validate`. FHIR R4 resource-operation-meta.html, resource-operation-validate.html. */
import { parseJson } from '@affinity/core/fhir/json.ts';
import { FhirError, fhirError } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import { type Answer, gone, notFound, refusal } from '../answer.ts';
import type { Meta, Validating } from '../asked.ts';
import { notOffered } from './refusals.ts';
import type { Denied } from './rights.ts';
import { type Surroundings, signalling } from './surroundings.ts';

/** The text of `meta` as it stands in the resource. */
const metaOf = (body: string): string => {
  const parsed = parseJson(body);
  const member = parsed.kind === 'ok' ? parsed.members.find(({ key }) => key === 'meta') : undefined;
  return member === undefined ? '{}' : body.slice(member.valueStart, member.valueEnd);
};

/** It tells a part of the resource: whoever asks must be able to read the whole. */
export const tellMeta = async ({ type, id, fault }: Meta, around: Surroundings): Promise<Answer | Denied> => {
  const permit = around.rights.ask({ kind: 'read', type, id });
  if (permit.kind === 'denied') return permit;
  if (fault !== undefined) return refusal(fault);
  const result = await around.backend.read({ type, id }, permit.filter);
  if (result.kind !== 'found') return { ...(result.kind === 'absent' ? notFound() : gone()), because: permit.because };
  const { version } = result;
  const json = `{"resourceType":"Parameters","parameter":[{"name":"return","valueMeta":${metaOf(version.body)}}]}`;
  return { kind: 'made', json, of: version, because: permit.because };
};

/** What the caller may read, and nothing else. */
const reader =
  ({ rights, backend }: Surroundings) =>
  async (type: string, id: string): Promise<Resource | undefined> => {
    const permit = rights.ask({ kind: 'read', type, id });
    const result = permit.kind === 'permit' ? await backend.read({ type, id }, permit.filter) : undefined;
    return result?.kind === 'found' ? (JSON.parse(result.version.body) as Resource) : undefined;
  };

/**
 * Whoever asks must have a use for the answer: the right to write the type. What is stored is looked at only as far as
 * they may read it: the profiles that they name, and the resource where none is sent.
 */
export const validate = async (
  { type, id, load, fault }: Validating,
  around: Surroundings,
): Promise<Answer | Denied> => {
  const { rights, signal } = around;
  const create = rights.ask({ kind: 'create', type });
  const update = create.kind === 'permit' ? create : rights.ask({ kind: 'update', type });
  if (update.kind === 'denied') return update;
  if (fault !== undefined) return refusal(fault);
  if (around.validate === undefined) return notOffered();
  const loaded = await load();
  if (loaded instanceof FhirError) return refusal(loaded);
  const read = reader(around);
  const stored = loaded.content === undefined && id !== undefined ? await read(type, id) : undefined;
  if (loaded.content === undefined && stored === undefined) return notFound();
  const content = stored === undefined ? {} : { content: { resource: stored, json: JSON.stringify(stored) } };
  const outcome = await around.validate({ ...loaded, ...content, type, read, ...signalling(signal()) });
  return outcome.resourceType === 'OperationOutcome'
    ? { kind: 'made', json: JSON.stringify(outcome) }
    : refusal(fhirError(500, 'exception', 'the request could not be completed'));
};
