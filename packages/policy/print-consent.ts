/** What a Consent says, in plain words: its base rule and the exceptions to it. FHIR R4 consent.html. */
import type { ConsentActor, PrivacyConsent, Provision, Span } from '@affinity/core/fhir/consent.ts';
import type { Coding } from '@affinity/core/fhir/resource.ts';
import { printInstant } from './print-filter.ts';

/** A rule and the exceptions to it. */
export interface RuleWords {
  readonly says: string;
  readonly except: readonly RuleWords[];
}

const coding = ({ system, code, display }: Coding): string =>
  display ?? (code === undefined ? (system ?? 'a label without a code') : code);

const actor = ({ roles, reference, identifier }: ConsentActor): string => {
  const who = reference ?? identifier?.value ?? 'somebody who is not named';
  const as = roles.map(coding).join(', ');
  return as === '' ? who : `${who} (${as})`;
};

const span = ({ start, end }: Span): string =>
  [
    ...(start === undefined ? [] : [`from ${printInstant(start)}`]),
    ...(end === undefined ? [] : [`until ${printInstant(end)}`]),
  ].join(' ') || 'at any time';

const named = (words: string, things: readonly string[]): readonly string[] =>
  things.length === 0 ? [] : [`${words} ${things.join(' or ')}`];

const limits = (rule: Provision): readonly string[] => [
  ...named('asked by', rule.actors.map(actor)),
  ...named('asked for the purpose', rule.purposes.map(coding)),
  ...named('to be used for', rule.actions),
  ...named('of the kind', rule.classes.map(coding)),
  ...named(
    'marked with the code',
    rule.codes.map((codings) => codings.map(coding).join(' / ')),
  ),
  ...named('labelled', rule.securityLabels.map(coding)),
  ...named(
    'namely',
    rule.data.map(({ meaning, type, id }) => `${type}/${id} (${meaning})`),
  ),
  ...(rule.dataPeriod === undefined ? [] : [`dated ${span(rule.dataPeriod)}`]),
  ...(rule.period === undefined ? [] : [`in force ${span(rule.period)}`]),
];

export const describeProvision = (rule: Provision): RuleWords => {
  const said = limits(rule);
  const verb = rule.type === 'permit' ? 'permits' : 'denies';
  return {
    says: said.length === 0 ? `${verb} everything` : `${verb} whatever is ${said.join(', ')}`,
    except: rule.provisions.map(describeProvision),
  };
};

export const describeConsent = ({ provision }: PrivacyConsent): RuleWords => describeProvision(provision);

/** In one line; brackets hold an exception's own exceptions. */
export const printRule = ({ says, except }: RuleWords): string =>
  except.length === 0 ? says : `${says}, except that it ${except.map((one) => `[${printRule(one)}]`).join(' and ')}`;
