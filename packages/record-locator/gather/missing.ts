/**
 * What an answer has to do without, told in it: which server, by the name that people know, and why. Never silent, and never a
 * word of whether anybody is known there. FHIR R4 http.html#search (`search.mode` outcome), valueset-issue-type.
 */
import { type Issue, operationOutcome } from '@affinity/core/fhir/outcome.ts';
import type { Resource } from '@affinity/core/fhir/resource.ts';
import type { Failure } from './source.ts';

export interface Missing {
  /** of the server */
  readonly title: string;
  readonly why: Failure;
}

const told: Readonly<Record<Failure, Pick<Issue, 'code'> & { readonly text: string }>> = {
  timeout: { code: 'timeout', text: 'did not answer in time' },
  unreachable: { code: 'incomplete', text: 'could not be reached' },
  malformed: { code: 'incomplete', text: 'gave an answer that cannot be shown' },
  'not-supported': { code: 'not-supported', text: 'cannot be asked in this way' },
  'no-token': { code: 'incomplete', text: 'could not be asked for you now' },
};

const issueOf = ({ title, why }: Missing): Issue => ({
  severity: 'warning',
  code: told[why].code,
  diagnostics: `${title} ${told[why].text}: what it may hold is not in this answer`,
});

/** One for each server, in the order of the domain. */
export const missingOutcome = (missing: readonly Missing[]): Resource => operationOutcome(missing.map(issueOf));

/** Of several reasons for one server, the first that was met. */
export const withMissing = (missing: readonly Missing[], one: Missing): readonly Missing[] =>
  missing.some(({ title }) => title === one.title) ? missing : [...missing, one];
