/** Names that IHE MHD 4.2.2 gives its things, and how much metadata a publisher says that it gives. IHE MHD ITI-65, volume 3 §4.5.1. */

const definitions = 'https://profiles.ihe.net/ITI/MHD/StructureDefinition/';
export const listTypeSystem = 'https://profiles.ihe.net/ITI/MHD/CodeSystem/MHDlistTypes';
export const sourceIdUrl = `${definitions}ihe-sourceId`;
export const designationTypeUrl = `${definitions}ihe-designationType`;
export const homeCommunityIdUrl = `${definitions}ihe-HomeCommunityId`;
/** What the locator writes beside an entry so that it is found by who wrote the document: contained authors have no identity. */
export const authorNameUrl = 'urn:affinity:locator:author-name';

/** Each demands what the one before demands, and more. */
export const levels = ['minimal', 'uncontained', 'comprehensive'] as const;
export type Level = (typeof levels)[number];

const levelNames: readonly (readonly [infix: string, Level])[] = [
  ['.UnContained.Comprehensive.', 'uncontained'],
  ['.Comprehensive.', 'comprehensive'],
];

const levelOf = (profile: string): Level =>
  profile.includes('IHE.MHD.') ? (levelNames.find(([infix]) => profile.includes(infix))?.[1] ?? 'minimal') : 'minimal';

export const isAtLeast = (level: Level, wanted: Level): boolean => levels.indexOf(level) >= levels.indexOf(wanted);

/** The highest that any of these canonical URLs states; `least` where none does. */
export const levelStated = (profiles: readonly string[], least: Level = 'minimal'): Level =>
  profiles.map(levelOf).reduce((high, level) => (isAtLeast(level, high) ? level : high), least);

export type ListKind = 'submissionset' | 'folder';
