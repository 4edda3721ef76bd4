/**
 * Mark (in its metadata) of a payload that never leaves for the artifact store, whatever its size: an answer to a query,
 * which is asked for again and again, also by tools that know no store.
 */
export const INLINE_PAYLOAD = 'sluice-inline';
