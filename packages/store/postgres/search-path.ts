/** The schema in which a connection finds its tables (PostgreSQL 18 documentation, 5.10.3). */

/**
 * For the `options` of a connection.
 * @throws Error when it is not a plain name
 */
export const searchPath = (schema: string): string => {
  if (!/^[a-z][a-z_]{0,62}$/.test(schema))
    throw new Error(`The schema ${schema} must be a plain name in small letters.`);
  return `-c search_path=${schema}`;
};
