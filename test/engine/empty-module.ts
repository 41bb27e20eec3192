/** A module that exports nothing that an engine could run. */
export const notAModule = { functions: [] };
