/**
 * Which resources of one type a provision speaks of, twice: those that it surely covers, for a permit; and those that it
 * surely does not cover, for a deny. What is neither is let through by no permit and kept back by every deny. FHIR R4
 * consent.html#Consent.provision.
 */
import type { Provision } from '@affinity/core/fhir/consent.ts';
import { allOf, anyOf, everything, type Filter, nothing } from '@affinity/core/fhir/filter.ts';
import type { Coding } from '@affinity/core/fhir/resource.ts';
import { isResourceType } from '@affinity/core/fhir/resource-type.ts';
import { standardParameters } from '@affinity/core/fhir/search-parameter.ts';
import { dateParameter } from './date-parameter.ts';
import { labelsCovered, labelsSpared } from './labels.ts';

export interface Sides {
  /** surely spoken of */
  readonly covered: Filter;
  /** surely not spoken of */
  readonly spared: Filter;
}

const complement = (filter: Filter): Filter => {
  if (filter.kind === 'everything') return nothing;
  return filter.kind === 'nothing' ? everything : { kind: 'not', filter };
};
/** Of what is always known of a resource: whatever is not covered is spared. */
const certain = (covered: Filter): Sides => ({ covered, spared: complement(covered) });

const typeSystems: ReadonlySet<string | undefined> = new Set([
  'http://hl7.org/fhir/resource-types',
  'http://hl7.org/fhir/fhir-types',
]);

/** A class that is not a type of resource, such as a profile or a kind of document, cannot be judged. */
export const isType = ({ system, code }: Coding): boolean => typeSystems.has(system) && isResourceType(code ?? '');

const byClass = (classes: readonly Coding[], type: string): Sides => {
  const covers = classes.some((one) => isType(one) && one.code === type);
  return {
    covered: covers ? everything : nothing,
    spared: !covers && classes.every(isType) ? everything : nothing,
  };
};

const paramsOf = (type: string, kind: 'token' | 'reference') =>
  standardParameters.of(type).filter((parameter) => parameter.type === kind && !parameter.code.startsWith('_'));

/** Wherever a resource can carry a code; a code without a system may be that of any. */
const byCode = (codes: Provision['codes'], type: string): Sides => {
  const params = paramsOf(type, 'token').map(({ code }) => code);
  const codings = codes.flat().filter(({ code }) => code !== undefined);
  const whole = codes.every((concept) => concept.length > 0 && concept.every(({ code }) => code !== undefined));
  const found = (systems: (coding: Coding) => readonly (string | undefined)[]): Filter =>
    anyOf(
      codings.flatMap((coding) =>
        systems(coding).flatMap((system) =>
          params.map(
            (param): Filter => ({
              kind: 'token',
              param,
              ...(system === undefined ? {} : { system }),
              ...(coding.code === undefined ? {} : { code: coding.code }),
            }),
          ),
        ),
      ),
    );
  return {
    covered: found(({ system }) => [system ?? '']),
    spared:
      whole && params.length > 0
        ? complement(found(({ system }) => (system === undefined ? [undefined] : [system, ''])))
        : nothing,
  };
};

const byDate = ({ start, end }: NonNullable<Provision['dataPeriod']>, type: string): Sides => {
  const param = dateParameter(type);
  if (param === undefined) return { covered: nothing, spared: nothing };
  return {
    covered: { kind: 'dated', param, ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) },
    spared: anyOf([
      start === undefined ? nothing : { kind: 'dated', param, end: start },
      end === undefined ? nothing : { kind: 'dated', param, start: end },
    ]),
  };
};

/** Who stands behind a record, by the names that HL7 gives to it. */
const authors: ReadonlySet<string> = new Set(
  `agent assessor asserter attester authenticator author collector consentor enterer interpreter operator participant
   performer performer-actor performing-organization practitioner prescriber principalinvestigator provider recorder
   reporter requester requesting-organization requestor responsible responsibleparty results-interpreter sender
   service-provider signer source`.split(/\s+/),
);
/** Nobody is the author of a person. */
const withoutAuthor: ReadonlySet<string> = new Set(['Patient']);

const byDatum = ({ meaning, type: about, id }: Provision['data'][number], type: string): Sides => {
  const itself: Filter = type === about ? { kind: 'instance', type, id } : nothing;
  const pointing = (codes?: ReadonlySet<string>): readonly Filter[] =>
    paramsOf(type, 'reference')
      .filter(({ code, targets }) => codes?.has(code) !== false && (targets.length === 0 || targets.includes(about)))
      .map(({ code }): Filter => ({ kind: 'reference', param: code, type: about, id }));
  switch (meaning) {
    case 'instance':
      return certain(itself);
    case 'related':
    case 'dependents':
      return certain(anyOf([itself, ...pointing()]));
    case 'untold':
      return { covered: nothing, spared: nothing };
    case 'authoredby': {
      const known = paramsOf(type, 'reference').some(({ code }) => authors.has(code)) || withoutAuthor.has(type);
      const authored = anyOf(pointing(authors));
      return { covered: authored, spared: known ? complement(authored) : nothing };
    }
  }
};

/** Any of them covers; what none covers is spared. */
const any = (sides: readonly Sides[]): Sides => ({
  covered: anyOf(sides.map(({ covered }) => covered)),
  spared: allOf(sides.map(({ spared }) => spared)),
});

/** Of the resources of this type. What a provision does not say does not narrow it. */
export const dataSides = (provision: Provision, type: string): Sides => {
  const { classes, codes, securityLabels, dataPeriod, data } = provision;
  const said: Sides[] = [];
  if (classes.length > 0) said.push(byClass(classes, type));
  if (codes.length > 0) said.push(byCode(codes, type));
  if (securityLabels.length > 0) {
    said.push({ covered: labelsCovered(securityLabels), spared: labelsSpared(securityLabels) });
  }
  if (dataPeriod !== undefined) said.push(byDate(dataPeriod, type));
  if (data.length > 0) said.push(any(data.map((datum) => byDatum(datum, type))));
  return { covered: allOf(said.map(({ covered }) => covered)), spared: anyOf(said.map(({ spared }) => spared)) };
};
