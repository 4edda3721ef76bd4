import { commandLineRows } from './command-line.rows.ts';
import { configRows } from './config.rows.ts';
import { initRows } from './init.rows.ts';
import { paramRows } from './params.rows.ts';
import { pipelineRows } from './pipeline.rows.ts';
import type { Row } from './row.ts';

/** What ordinary users do, and no server is needed to tell them. */
export const rows: readonly Row[] = [...initRows, ...commandLineRows, ...paramRows, ...configRows, ...pipelineRows];
