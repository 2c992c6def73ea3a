/** One table of a mapping file: where its rows come from, their ids, when they changed, and what they are. FHIR R4 http.html. */
import { compartmentParameters } from '@affinity/core/fhir/compartment.ts';
import { isResourceId } from '@affinity/core/fhir/resource.ts';
import { searchParameter } from '@affinity/core/fhir/search-parameter.ts';
import type { From } from './engine.ts';
import type { DateForm } from './local-date.ts';
import type { Part } from './mapping.ts';
import type { Reader } from './mapping-reader.ts';
import type { Place, Tree } from './mapping-tree.ts';
import { readDate } from './read-columns.ts';
import { readTemplate, type TemplateAround } from './read-template.ts';

type Entries = ReadonlyMap<string, Tree>;
type Uses = (column: Place & { readonly name: string }) => void;

const readFrom = (reader: Reader, entries: Entries, tree: Tree): From | undefined => {
  const [table, select] = [entries.get('from'), entries.get('sql')];
  if ((table === undefined) === (select === undefined))
    return reader.fault(tree, 'rows come “from” a table or a view, or from a SELECT under “sql”: one of the two');
  if (table !== undefined) {
    const text = reader.text(table);
    return text === undefined ? undefined : { kind: 'table', names: text.split('.') };
  }
  const sql = reader.text(select);
  if (sql === undefined || select === undefined) return undefined;
  if (!/^\s*(select|with)\b/i.test(sql)) return reader.fault(select, 'only a SELECT can stand here');
  return { kind: 'select', sql: sql.trim().replace(/;$/, '') };
};

const readId = (reader: Reader, tree: Tree | undefined, uses: Uses): Part['id'] | undefined => {
  if (tree === undefined) return undefined;
  if (tree.kind !== 'map') {
    const columns = reader.texts(tree);
    for (const name of columns) uses({ name, line: tree.line, path: tree.path });
    return { columns, prefix: '' };
  }
  const entries = reader.map(tree, ['column', 'columns', 'prefix']);
  const named = entries?.get('column') ?? entries?.get('columns');
  if (named === undefined) return reader.fault(tree, 'the column that is the key is missing');
  const prefix = reader.text(entries?.get('prefix')) ?? '';
  if (prefix !== '' && !isResourceId(prefix)) reader.fault(tree, 'a prefix is made of letters, digits, “-” and “.”');
  const columns = reader.texts(named);
  for (const name of columns) uses({ name, line: named.line, path: named.path });
  return { columns, prefix };
};

const readUpdated = (
  reader: Reader,
  tree: Tree | undefined,
  uses: Uses,
): { column: string; date: DateForm } | undefined => {
  if (tree === undefined) return undefined;
  const entries = tree.kind === 'map' ? reader.map(tree, ['column', 'date']) : undefined;
  const column = tree.kind === 'map' ? reader.text(entries?.get('column')) : reader.text(tree);
  const date = readDate(reader, entries?.get('date'), undefined);
  if (column === undefined)
    return tree.kind === 'map' ? reader.fault(tree, 'the name of a column is missing') : undefined;
  if (date === undefined) return undefined;
  if (!date.timed || !date.sorts)
    return reader.fault(
      tree,
      'the instant of a change needs a time of the day, written from the year on, such as YYYYMMDDHHmmss',
    );
  uses({ name: column, line: tree.line, path: tree.path });
  return { column, date };
};

const readSearch = (reader: Reader, tree: Tree | undefined, type: string): Part['search'] => {
  if (tree === undefined) return undefined;
  const items = tree.kind === 'list' ? tree.items : [tree];
  return items.flatMap((item) => {
    const param = reader.text(item);
    if (param === undefined) return [];
    if (searchParameter(type, param).kind !== 'indexed')
      return reader.fault(item, `${type} has no search parameter “${param}”`) ?? [];
    return [{ param, line: item.line, path: item.path }];
  });
};

/** The parameters by which a patient's own are found must be there, or nobody's could be found without reading everybody's. */
const checkOwner = (reader: Reader, search: Part['search'], type: string, tree: Tree): void => {
  const owner = compartmentParameters(type).filter((param) => param === 'patient' || param === 'subject');
  if (search === undefined || owner.length === 0 || search.some(({ param }) => owner.some((one) => one === param)))
    return;
  reader.fault(tree, `“search” must have ${owner.join(' or ')}: patients’ own records are found by it`);
};

const words = ['from', 'sql', 'id', 'updated', 'elements', 'body', 'search'];

export const readPart = (around: Omit<TemplateAround, 'uses'>, tree: Tree, type: string): Part | undefined => {
  const { reader } = around;
  const columns: (Place & { readonly name: string })[] = [];
  const uses: Uses = (column) => columns.push(column);
  const entries = reader.map(tree, words);
  if (entries === undefined) return undefined;
  const from = readFrom(reader, entries, tree);
  const id = readId(reader, reader.need(entries, 'id', tree), uses);
  const updated = readUpdated(reader, entries.get('updated'), uses);
  const search = readSearch(reader, entries.get('search'), type);
  checkOwner(reader, search, type, tree);
  const [elements, body] = [entries.get('elements'), entries.get('body')];
  if ((elements === undefined) === (body === undefined)) {
    return reader.fault(tree, 'either “elements”, or the column of a whole resource as “body”, is expected');
  }
  const template = elements && readTemplate({ ...around, uses }, elements, type);
  const column = reader.text(body);
  if (body !== undefined && column !== undefined) uses({ name: column, line: body.line, path: body.path });
  const content =
    template === undefined
      ? column === undefined
        ? undefined
        : ({ kind: 'body', column } as const)
      : ({ kind: 'elements', template } as const);
  if (from === undefined || id === undefined || content === undefined) return undefined;
  return {
    line: tree.line,
    path: tree.path,
    type,
    from,
    id,
    content,
    columns,
    ...(updated === undefined ? {} : { updated }),
    ...(search === undefined ? {} : { search }),
  };
};
