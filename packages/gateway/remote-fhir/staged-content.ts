/** The content of a write as a foreign server is given it: with its id, in that server's terms. FHIR R4 http.html#update. */
import { parseJson } from '@affinity/core/fhir/json.ts';
import type { StagedWrite } from '../source.ts';
import { refusedContent } from './upstream-fault.ts';
import type { UpstreamNames } from './upstream-names.ts';

type WithContent = Extract<StagedWrite, { content: unknown }>;

/** The text with this id, which stands after the type, or where the text has one. */
const withId = (json: string, id: string): string => {
  const parsed = parseJson(json);
  if (parsed.kind === 'fault') throw refusedContent();
  const member = parsed.members.find(({ key }) => key === 'id');
  if (member !== undefined) return `${json.slice(0, member.valueStart)}"${id}"${json.slice(member.valueEnd)}`;
  const after = parsed.members.find(({ key }) => key === 'resourceType')?.valueEnd;
  if (after === undefined) throw refusedContent();
  return `${json.slice(0, after)},"id":"${id}"${json.slice(after)}`;
};

/** @throws FhirError 422 where it names the foreign server: it would come back as something else than was judged */
export const stagedContent = ({ content, id }: WithContent, names: UpstreamNames): string => {
  const told = names.foreign(content.json);
  if (told === undefined) throw refusedContent();
  return withId(told, id);
};
