/** Where somebody lives, made comparable. FHIR R4 datatypes.html#Address. */
import { type Json, list, text } from '@affinity/core/fhir/path-values.ts';
import { foldWords, letters } from './words.ts';

export interface ComparableAddress {
  /** number of the house, '' where none is told */
  readonly house: string;
  /** street, its kind spelled one way, without the number and the flat */
  readonly street: string;
  readonly city: string;
  readonly postalCode: string;
}

/** Kinds of street, and directions, as they are shortened. */
const spelledOut: Readonly<Record<string, string>> = Object.fromEntries(
  (
    'st street,str strasse,rd road,ave avenue,av avenue,ln lane,dr drive,ct court,crt court,pl place,sq square,' +
    'blvd boulevard,cres crescent,cr crescent,tce terrace,ter terrace,hwy highway,pde parade,cl close,cct circuit,' +
    'cir circle,pkwy parkway,gr grove,n north,s south,e east,w west'
  )
    .split(',')
    .map((pair): [string, string] => {
      const [short = '', long = ''] = pair.split(' ');
      return [short, long];
    }),
);
const ofFlat = /\b(apt|apartment|flat|unit|suite|ste|room|rm|no|#)\.?\s*\w+\b/giu;

const readLine = (line: string): { readonly house: string; readonly street: string } => {
  const words = foldWords(line.replace(ofFlat, ' '));
  const house = words.find((word) => /^\d+\p{L}?$/u.test(word)) ?? '';
  const street = words.filter((word) => word !== house).map((word) => spelledOut[word] ?? word);
  return { house, street: street.join(' ') };
};

/** None where nothing of it says where. */
export const readAddress = (address: Json): readonly ComparableAddress[] => {
  if (address.use === 'temp') return [];
  const lines = list(address.line).flatMap((line) => text(line) ?? []);
  const read = lines.map(readLine);
  const { house, street } = read.find((line) => line.street !== '') ?? { house: '', street: '' };
  const city = letters(text(address.city) ?? '');
  const postalCode = letters(text(address.postalCode) ?? '').slice(0, 10);
  const known = { house: house || (read.find((line) => line.house !== '')?.house ?? ''), street, city, postalCode };
  return known.street === '' && known.city === '' && known.postalCode === '' ? [] : [known];
};
