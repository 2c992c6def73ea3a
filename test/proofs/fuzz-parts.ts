/** Paths, queries and bodies at random. */
import type { Dice } from './dice.ts';
import { chained, ids, methods, modifiers, nasty, parameters, types, values, versions } from './fuzz-words.ts';

export const queryOf = (dice: Dice): string => {
  const pairs = Array.from({ length: dice.below(5) }, () => {
    const kind = dice.below(10);
    const name = kind < 7 ? dice.one(parameters) : kind < 9 ? dice.one(chained) : dice.one(nasty);
    const known = values[name];
    const value = known !== undefined && dice.chance(0.8) ? dice.one(known) : dice.one(nasty);
    const encode = dice.chance(0.9) ? encodeSafely : (text: string) => text.replace(/[^!-~]|#/g, '');
    return `${encode(name + (kind < 7 ? dice.one(modifiers) : ''))}=${encode(value)}`;
  });
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
};

const encodeSafely = (text: string): string => encodeURIComponent(text.toWellFormed());

export const pathOf = (dice: Dice): string => {
  const type = dice.one(types);
  switch (dice.below(12)) {
    case 0:
      return '';
    case 1:
      return `/${dice.one(['_history', '_search', 'metadata', '$meta', '$convert', '.well-known/smart-configuration', ''])}`;
    case 2:
    case 3:
    case 4:
      return `/${type}`;
    case 5:
      return `/${type}/${dice.one(['_search', '_history', '$validate', '$docref', '$everything'])}`;
    case 6:
    case 7:
    case 8:
      return `/${type}/${dice.one(ids)}`;
    case 9:
      return `/${type}/${dice.one(ids)}/${dice.one(['_history', '$meta', '$validate', '$everything', 'Observation', '*', ''])}`;
    case 10:
      return `/${type}/${dice.one(ids)}/_history/${dice.one(versions)}`;
    default:
      return `/${type}${dice.one(['/', '//', ';x', '%2Fa', '/a/b/c/d/e'])}`;
  }
};

export const bodies = (dice: Dice): unknown => {
  const type = dice.one(types);
  const junk = (depth: number): unknown => {
    switch (dice.below(depth > 4 ? 4 : 7)) {
      case 0:
        return dice.one(nasty);
      case 1:
        return dice.below(1000) / 10;
      case 2:
        return dice.chance(0.5);
      case 3:
        return null;
      case 4:
        return Array.from({ length: dice.below(3) }, () => junk(depth + 1));
      default:
        return Object.fromEntries(
          Array.from({ length: dice.below(4) }, () => [
            dice.one([
              'code',
              'coding',
              'system',
              'value',
              'reference',
              'subject',
              'id',
              'meta',
              'text',
              'div',
              '__proto__',
              'extension',
              'url',
              '_value',
              'resourceType',
            ]),
            junk(depth + 1),
          ]),
        );
    }
  };
  switch (dice.below(9)) {
    case 0:
      return {
        resourceType: 'Patient',
        id: dice.one(ids),
        name: [{ family: dice.one(nasty) }],
        birthDate: dice.one(nasty),
      };
    case 1:
      return {
        resourceType: 'Observation',
        status: 'final',
        code: { text: 'x' },
        subject: {
          reference: dice.one(['Patient/a', 'Patient?identifier=x|y', 'urn:uuid:1', '#p', 'http://x/Patient/1']),
        },
        valueQuantity: {
          value: dice.below(100),
          unit: 'mg',
          system: 'http://unitsofmeasure.org',
          code: dice.one(['mg', 'zzz', '[', '10*9/L']),
        },
        effectiveDateTime: dice.one(['2020-01-01', '2020', 'x']),
      };
    case 2:
      return {
        resourceType: 'Bundle',
        type: dice.one(['batch', 'transaction', 'searchset', 'x']),
        entry: Array.from({ length: dice.below(5) }, () => ({
          fullUrl: dice.one(['urn:uuid:1', 'urn:uuid:2', 'http://x/Patient/1', '']),
          resource: dice.chance(0.7) ? bodies(dice) : junk(0),
          request: {
            method: dice.one(methods),
            url: pathOf(dice).slice(1) + queryOf(dice),
            ifNoneExist: dice.one([undefined, 'identifier=x|y', 'name=x', '']),
            ifMatch: dice.one([undefined, 'W/"1"', 'x']),
          },
        })),
      };
    case 3:
      return Array.from({ length: dice.below(4) }, () => ({
        op: dice.one(['add', 'remove', 'replace', 'move', 'copy', 'test', 'x']),
        path: dice.one([
          '/name',
          '/name/0/family',
          '',
          '/',
          '/__proto__/x',
          '/constructor/prototype/x',
          '/-',
          '/name/-',
          '/name/99999999999',
          '~',
          '/~2',
        ]),
        from: dice.one(['/name', '', '/']),
        value: junk(0),
      }));
    case 4:
      return {
        resourceType: 'Parameters',
        parameter: Array.from({ length: dice.below(3) }, () => ({
          name: dice.one(['operation', 'resource', 'mode', 'profile', 'x']),
          part: [
            { name: 'type', valueCode: dice.one(['add', 'insert', 'delete', 'replace', 'move', 'x']) },
            {
              name: 'path',
              valueString: dice.one([
                'Patient',
                'Patient.name',
                'Patient.name[0].family',
                "Patient.name.where(use='official')",
                '%resource.repeat(children())',
                '((((((((((',
                "Patient.name.where(family.matches('(a+)+$'))",
              ]),
            },
            { name: 'name', valueString: dice.one(['birthDate', '__proto__', '']) },
            { name: 'value', valueString: dice.one(nasty) },
          ],
          resource: dice.chance(0.3) ? bodies(dice) : undefined,
        })),
      };
    case 5:
      return {
        resourceType: 'SearchParameter',
        status: 'active',
        url: dice.one(['http://x/sp', '']),
        name: 'x',
        code: dice.one(['x', 'name', '__proto__', 'a.b']),
        base: ['Patient'],
        type: dice.one(['token', 'string', 'x']),
        description: 'x',
        expression: dice.one(['Patient.name', 'Patient.repeat(name)', '(((', 'Patient.a.b.c', '']),
      };
    case 6:
      return { resourceType: type, ...(junk(0) as object) };
    default:
      return junk(0);
  }
};
