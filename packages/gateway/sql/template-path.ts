/** The pieces of a template that a path of a search parameter leads to: what may stand there in a resource. FHIR R4 search.html. */
import type { Condition, SearchPath, Step } from '@affinity/core/fhir/search-path.ts';
import type { Template } from './mapping.ts';

/** The piece, or that the path leads into what comes out of a column as a whole. */
export type Leaf = Template | 'within';

/** False only where a constant says otherwise. */
const mayMeet = (template: Template, { names, value }: Condition, at = 0): boolean => {
  const name = names[at];
  switch (template.kind) {
    case 'constant':
      return name !== undefined || template.value === value;
    case 'columns':
      return true;
    case 'list':
      return template.items.some((item) => mayMeet(item, { names, value }, at));
    case 'choice':
      return [template.whenSo, template.otherwise].some(
        (one) => one !== undefined && mayMeet(one, { names, value }, at),
      );
    case 'object': {
      const member = name === undefined ? undefined : template.members.get(name);
      return member !== undefined && mayMeet(member, { names, value }, at + 1);
    }
  }
};

export const leavesAt = (template: Template, steps: readonly Step[], at = 0): readonly Leaf[] => {
  if (template.kind === 'list') return template.items.flatMap((item) => leavesAt(item, steps, at));
  if (template.kind === 'choice')
    return [template.whenSo, template.otherwise].flatMap((one) => (one === undefined ? [] : leavesAt(one, steps, at)));
  const step = steps[at];
  if (step === undefined) return [template];
  if (template.kind === 'columns') return ['within'];
  if (template.kind === 'constant') return [];
  const member = template.members.get(step.name);
  if (member === undefined) return [];
  const items = member.kind === 'list' ? member.items : [member];
  return items
    .filter((item) => (step.where ?? []).every((condition) => mayMeet(item, condition)))
    .flatMap((item) => leavesAt(item, steps, at + 1));
};

export const leavesOf = (template: Template, path: SearchPath): readonly Leaf[] => leavesAt(template, path.steps);
