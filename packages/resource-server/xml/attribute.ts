/**
 * What is an attribute of an element and not a child: its `id`, and the `url` of an extension. The id of a resource is a
 * child. FHIR R4 xml.html.
 */
export const isAttribute = (name: string, parentPath: string, ofResource: boolean): boolean =>
  !ofResource && (name === 'id' || (name === 'url' && parentPath === 'Extension'));
