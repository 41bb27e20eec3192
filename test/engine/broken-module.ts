/** A module that does not load. */
throw new Error('broken on purpose');
