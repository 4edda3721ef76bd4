import { initRows } from './init.rows.ts';
import type { Row } from './row.ts';

/** What ordinary users do, and no server is needed to tell them. */
export const rows: readonly Row[] = [...initRows];
