/** Default path of the database, relative to the working directory. */
export const DEFAULT_DATABASE = ".kevo/lineage.db";
