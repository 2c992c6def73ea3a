/** A page as a browser's parser sees it, for tests. WHATWG HTML §13.2. */
import { type DefaultTreeAdapterTypes, parse } from 'parse5';

export interface PageElement {
  readonly tag: string;
  readonly attributes: ReadonlyMap<string, string>;
  /** of it and all inside, spaces folded */
  readonly text: string;
}

const textOf = (node: DefaultTreeAdapterTypes.Node): string => {
  if (node.nodeName === '#text' && 'value' in node) return node.value;
  return 'childNodes' in node ? node.childNodes.map(textOf).join('') : '';
};

/** Every element in document order. */
export const parsePage = (page: string): readonly PageElement[] => {
  const found: PageElement[] = [];
  const walk = (node: DefaultTreeAdapterTypes.Node): void => {
    if ('tagName' in node) {
      const attributes = new Map(node.attrs.map(({ name, value }) => [name, value]));
      found.push({ tag: node.tagName, attributes, text: textOf(node).replace(/\s+/g, ' ').trim() });
    }
    if ('childNodes' in node) node.childNodes.forEach(walk);
  };
  walk(parse(page));
  return found;
};

/** Those of a tag whose attributes have the given values. */
export const select = (
  page: readonly PageElement[],
  tag: string,
  attributes: Readonly<Record<string, string>> = {},
): readonly PageElement[] =>
  page.filter(
    (element) =>
      element.tag === tag &&
      Object.entries(attributes).every(([name, value]) => element.attributes.get(name) === value),
  );

/** Tags and attribute names without any text: what must not change, whatever the words are. */
export const skeleton = (page: string): string =>
  parsePage(page)
    .map((element) => `${element.tag}[${[...element.attributes.keys()].sort().join(' ')}]`)
    .join('\n');
