/** Where a run is stored when nobody says otherwise, relative to the working directory. */
export const DEFAULT_DATABASE = ".kevo/lineage.db";
