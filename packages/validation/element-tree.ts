/** A snapshot as a tree of elements and their slices, built once for each definition. FHIR R4 elementdefinition.html#id. */
import {
  type Binding,
  type Constraint,
  type Discriminator,
  plainType,
  type StructureDefinition,
  type TypeRef,
} from './structure-definition.ts';

/** The value that an element has, wholly or at least. FHIR R4 elementdefinition-definitions.html#fixed. */
export interface Demanded {
  readonly kind: 'fixed' | 'pattern';
  readonly value: unknown;
}

export interface ElementNode {
  readonly path: string;
  /** last part of the path, such as `value[x]` */
  readonly name: string;
  readonly sliceName?: string;
  readonly min: number;
  /** Infinity for `*` */
  readonly max: number;
  readonly types: readonly TypeRef[];
  /** path of the element whose children it has */
  readonly contentReference?: string;
  readonly binding?: Binding;
  readonly constraints: readonly Constraint[];
  readonly demanded?: Demanded;
  readonly maxLength?: number;
  readonly discriminators: readonly Discriminator[];
  /** no value outside of the slices */
  readonly closed: boolean;
  readonly children: Map<string, ElementNode>;
  readonly slices: ElementNode[];
}

export interface Definition {
  readonly url: string;
  readonly version?: string;
  readonly type: string;
  /** a type of its own, not a profile of another */
  readonly base: boolean;
  readonly root: ElementNode;
  /** by path, for content references */
  readonly byPath: ReadonlyMap<string, ElementNode>;
}

type Element = NonNullable<StructureDefinition['snapshot']>['element'][number];

const demandedBy = (element: Element): Demanded | undefined => {
  for (const [name, value] of Object.entries(element)) {
    const kind = /^(fixed|pattern)[A-Z]/.exec(name)?.[1];
    if (kind === 'fixed' || kind === 'pattern') return { kind, value };
  }
  return undefined;
};

const idOf = ({ id, path, sliceName }: Element): string =>
  id ?? (sliceName === undefined ? path : `${path}:${sliceName}`);

const nodeOf = (element: Element): ElementNode => {
  const id = idOf(element);
  const { sliceName, min = 0, max = '1', type = [], contentReference, binding, constraint = [], slicing } = element;
  const path = id.replaceAll(/:[^.]+/g, '');
  const demanded = demandedBy(element);
  return {
    path,
    name: path.slice(path.lastIndexOf('.') + 1),
    ...(sliceName === undefined ? {} : { sliceName }),
    min,
    max: max === '*' ? Number.POSITIVE_INFINITY : Number(max),
    types: type.map((each) => ({ ...each, code: plainType(each.code) })),
    ...(contentReference === undefined ? {} : { contentReference: contentReference.replace(/^.*#/, '') }),
    ...(binding === undefined ? {} : { binding }),
    constraints: constraint,
    ...(demanded === undefined ? {} : { demanded }),
    ...(typeof element.maxLength === 'number' ? { maxLength: element.maxLength } : {}),
    discriminators: slicing?.discriminator ?? [],
    closed: slicing?.rules === 'closed',
    children: new Map(),
    slices: [],
  };
};

/** The tree of a definition; undefined where it has no snapshot. */
export const compile = (definition: StructureDefinition): Definition | undefined => {
  const elements = definition.snapshot?.element;
  const [first, ...rest] = elements ?? [];
  if (first === undefined) return undefined;
  const root = nodeOf(first);
  const byId = new Map([[idOf(first), root]]);
  const byPath = new Map([[root.path, root]]);
  for (const element of rest) {
    const node = nodeOf(element);
    const id = idOf(element);
    byId.set(id, node);
    if (!id.includes(':')) byPath.set(node.path, node);
    const end = id.lastIndexOf('.');
    const colon = id.indexOf(':', end);
    if (colon >= 0) byId.get(id.slice(0, colon))?.slices.push(node);
    else byId.get(id.slice(0, end))?.children.set(node.name, node);
  }
  return {
    url: definition.url,
    ...(definition.version === undefined ? {} : { version: definition.version }),
    type: definition.type,
    base: definition.derivation !== 'constraint',
    root,
    byPath,
  };
};
