/** `_include` and `_revinclude`: what is shown beside the matches. What is not offered is refused. FHIR R4 search.html#include. */
import { isResourceType } from './resource-type.ts';
import { type Fault, fault } from './search-fault.ts';
import { type SearchParameter, standardParameters } from './search-parameter.ts';
import type { Include } from './search-query.ts';
import { defaultSearchLimits, type SearchSettings } from './search-settings.ts';

const form = (name: string): Fault =>
  fault('invalid', `${name} is written as Type:parameter, or Type:parameter:Target`);

/** What the asked type lists; of what is included already, each type lists its own. */
const isListed = (
  { reverse, type, param, iterate }: Include,
  asked: string,
  parameter: SearchParameter | undefined,
  { capability, capabilityOf }: SearchSettings,
): boolean => {
  const entry = `${type}:${param}`;
  const lists = (of: string): boolean => {
    const offered = of === asked ? capability : capabilityOf?.(of);
    const listed = (reverse ? offered?.revIncludes : offered?.includes) ?? [];
    return param === '*' ? listed.some((one) => one.startsWith(`${type}:`)) : listed.includes(entry);
  };
  if (lists(asked)) return true;
  if (!iterate) return false;
  return reverse ? (parameter?.targets ?? []).some(lists) : lists(type);
};

/** One include of a search of the type `asked`; undefined: `name` is none. */
export const parseInclude = (
  asked: string,
  name: string,
  text: string,
  settings: SearchSettings,
): Include | Fault | undefined => {
  const [word = '', modifier, ...more] = name.split(':');
  if (word !== '_include' && word !== '_revinclude') return undefined;
  const { includeAll = defaultSearchLimits.includeAll, parameters = standardParameters } = settings;
  const reverse = word === '_revinclude';
  const iterate = modifier === 'iterate' || modifier === 'recurse';
  if (more.length > 0 || (modifier !== undefined && !iterate))
    return fault('not-supported', `${word} takes no modifier but :iterate`);
  const [type = '', param, target, ...rest] = text === '*' && !reverse && !iterate ? [asked, '*'] : text.split(':');
  if (rest.length > 0) return form(word);
  if (param === '*' || type === '*') {
    if (!includeAll) return fault('too-costly', `${word} of everything is not offered: name the parameters`);
    if (type === '*' || target !== undefined) return form(word);
  }
  if (param === undefined || param === '' || target === '') return form(word);
  const lookup = param === '*' ? undefined : parameters.find(type, param);
  const parameter = lookup?.kind === 'indexed' ? lookup.parameter : undefined;
  const include: Include = { reverse, type, param, iterate };
  if (!isResourceType(type) || !isListed(include, asked, parameter, settings))
    return fault('not-supported', `${word}=${text} is not offered for ${asked}`);
  if (target === undefined) return include;
  const targets = parameter?.targets ?? [];
  if (!isResourceType(target) || (targets.length > 0 && !targets.includes(target)))
    return fault('not-supported', `${type}:${param} does not point to a type ${target}`);
  if (!reverse) return { ...include, target };
  // What refers to a match refers to the type that was asked for; of anything else it would have to be told apart.
  return target === asked && !iterate
    ? include
    : fault('not-supported', `_revinclude shows what refers to a ${asked}: leave out ${target}`);
};

/** Adds an include, within the limit. */
export const addInclude = (
  includes: readonly Include[],
  one: Include,
  { maxIncludes = defaultSearchLimits.maxIncludes }: SearchSettings,
): readonly Include[] | Fault =>
  includes.length >= maxIncludes ? fault('too-costly', `more than ${maxIncludes} includes`) : [...includes, one];
