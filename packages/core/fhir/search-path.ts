/**
 * Paths of JSON properties, to which the expressions of search parameters are lowered, and how they are written in the
 * definition files: `entity[role.code=1].what.identifier:Identifier`. FHIR R4 searchparameter.html, json.html.
 */
export interface Condition {
  /** properties that lead to the value, none of which repeats */
  readonly names: readonly string[];
  readonly value: string;
}
/** One property on the way; `where` keeps the elements that meet every condition, as in `telecom[system=phone]`. */
export interface Step {
  readonly name: string;
  readonly where?: readonly Condition[];
}
export interface SearchPath {
  /** none: the resource, or the element of a composite, itself */
  readonly steps: readonly Step[];
  /**
   * FHIR type of the values at the end. `present`: what counts is that there is one; `exists`: that there is one and it
   * is not `false`.
   */
  readonly type: string;
  /** only references to this type count (HL7 writes `resolve() is Patient`) */
  readonly target?: string;
  /** of a `code`: the code system that its required binding implies. FHIR R4 search.html#token */
  readonly system?: string;
  /** in a component of a composite: it leads from the resource, not from the element (HL7 writes `%resource`) */
  readonly fromResource?: true;
}

/** What a path is written with must not be in a value: it would be read as something else. */
export const canBeWritten = (value: string): boolean => /^[^\s[\]|]+$/.test(value);

const parseStep = (text: string): Step => {
  const [name = '', ...conditions] = text.split('[');
  if (conditions.length === 0) return { name };
  return {
    name,
    where: conditions.map((condition) => {
      const at = condition.indexOf('=');
      return { names: condition.slice(0, at).split('.'), value: condition.slice(at + 1, -1) };
    }),
  };
};

const hl7 = 'http://hl7.org/fhir/';

/** Reads `[%]steps:type[(target)][|system]`. */
export const parsePath = (text: string): SearchPath => {
  const [, root, steps = '', type = '', target, system] =
    /^(%?)((?:[^:[]|\[[^\]]*\])*):(\w+)(?:\((\w+)\))?(?:\|(.+))?$/.exec(text) ?? [];
  return {
    steps: (steps.match(/\w+(?:\[[^\]]*\])*/g) ?? []).map(parseStep),
    type,
    ...(target === undefined ? {} : { target }),
    ...(system === undefined ? {} : { system: system.replace('~', hl7) }),
    ...(root === '%' ? { fromResource: true } : {}),
  };
};

export const pathText = ({ steps, type, target, system, fromResource }: SearchPath): string => {
  const names = steps.map(
    ({ name, where = [] }) => name + where.map(({ names, value }) => `[${names.join('.')}=${value}]`).join(''),
  );
  const end = `${type}${target === undefined ? '' : `(${target})`}`;
  return `${fromResource ? '%' : ''}${names.join('.')}:${end}${system === undefined ? '' : `|${system.replace(hl7, '~')}`}`;
};
