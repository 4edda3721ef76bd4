import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Dataset, ExtractSpec } from '@sluice/sdk';
import type { ArtifactStore } from '../../store/artifact-store.ts';
import { fileStore } from '../../store/file-store.ts';
import { extractDataset } from '../extract.ts';
import type { ColumnProfile, DatasetProfile } from '../profile.ts';

/** A project in a temporary folder, with a store, for tests of extracts. */
export interface TestProject {
  readonly root: string;
  readonly stateDir: string;
  readonly store: ArtifactStore;
  /** Writes a file of the project. */
  write(path: string, bytes: string | Buffer): Promise<void>;
  extract(sql: string, more?: Partial<ExtractSpec>, signal?: AbortSignal): Promise<Dataset>;
  profile(dataset: Dataset): Promise<DatasetProfile>;
  /** Profile of the only column, `x`, of a query. */
  column(sql: string): Promise<ColumnProfile>;
  remove(): Promise<void>;
}

export async function testProject(prefix = 'sluice-project-'): Promise<TestProject> {
  const root = await mkdtemp(join(tmpdir(), prefix));
  const stateDir = join(root, '.sluice');
  const store = fileStore(join(stateDir, 'store'));
  const project: TestProject = {
    root,
    stateDir,
    store,
    async write(path, bytes) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), bytes);
    },
    extract: (sql, more = {}, signal = new AbortController().signal) =>
      extractDataset(
        { root, stateDir, store },
        {
          ref: {
            workflowId: 'w/1',
            pipeline: 'w',
            step: 'airport=EWR/flights',
            name: 'flights',
            keys: { airport: 'EWR' },
          },
          spec: {
            kind: 'extract',
            name: 'flights',
            sql,
            params: {},
            checks: [],
            attach: {},
            on: null,
            temporal: null,
            ...more,
          },
          parentRunId: null,
        },
        { signal },
      ),
    profile: async (dataset) => JSON.parse(await store.getText(dataset.profile)),
    async column(sql) {
      const { columns } = await project.profile(await project.extract(sql));
      const [column] = columns;
      if (column === undefined || columns.length > 1) throw new Error(`${columns.length} columns`);
      return column;
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
  return project;
}
