import type { RunState } from '@sluice/sdk';
import type { ProjectView, RunRow, RunsView } from '../api.ts';
import { counted } from '../format.ts';
import { Empty } from '../parts/frame.tsx';
import { Badge } from '../parts/state.tsx';
import { Cell, Table } from '../parts/table.tsx';
import { Ago, Took } from '../parts/time.tsx';
import { Commit } from '../parts/who.tsx';
import { pageLink, type Route } from '../route.ts';

export type RunsFilter = Omit<Extract<Route, { page: 'runs' }>, 'page'>;

const states: readonly RunState[] = [
  'running',
  'awaiting-approval',
  'blocked',
  'rolling-out',
  'deployed',
  'rolled-back',
  'done',
  'failed',
  'rejected',
  'expired',
  'superseded',
  'cancelled',
];

/** All runs, newest first. `onFilter` is left out where nobody can press anything. */
export function RunsPage({
  view,
  project,
  filter,
  onFilter,
}: {
  view: RunsView;
  project: ProjectView | null;
  filter: RunsFilter;
  onFilter?: (filter: RunsFilter) => void;
}) {
  const filtered = Object.values(filter).some((value) => value !== undefined);
  return (
    <>
      <div class="page-head">
        <h1>Runs</h1>
        {view.total === null ? null : <span class="muted">{counted(view.total, 'run')}</span>}
        {onFilter === undefined ? null : <Filters project={project} filter={filter} onFilter={onFilter} />}
      </div>
      {view.runs.length === 0 ? (
        <Empty>
          {filtered ? (
            <p>
              No run fits. <a href={pageLink({ page: 'runs' })}>Show all runs</a>
            </p>
          ) : (
            <>
              <p>No run yet. Start one:</p>
              <pre>sluice run {project?.pipelines[0] ?? 'PIPELINE'}</pre>
            </>
          )}
        </Empty>
      ) : (
        <RunsTable runs={view.runs} />
      )}
      <nav class="pager" aria-label="Pages of runs">
        {filter.after === undefined ? null : <a href={pageLink({ page: 'runs', ...withoutAfter(filter) })}>← newest</a>}
        {view.next === null ? null : <a href={pageLink({ page: 'runs', ...filter, after: view.next })}>older →</a>}
      </nav>
    </>
  );
}

export function RunsTable({ runs }: { runs: readonly RunRow[] }) {
  const heads = [
    { label: 'state' },
    { label: 'run' },
    { label: 'started' },
    { label: 'took', num: true },
    { label: 'by' },
    { label: 'commit' },
    { label: 'endpoint' },
  ];
  return (
    <Table label="Runs" heads={heads} kind="runs">
      {runs.map((run) => (
        <tr key={run.id}>
          <Cell kind="state-cell">
            <Badge state={run.state} />
          </Cell>
          <th scope="row">
            <a class="run-link" href={pageLink({ page: 'run', id: run.id })}>
              <RunName id={run.id} pipeline={run.pipeline} />
            </a>
          </th>
          <Cell label="started">
            <Ago at={run.startedAt} />
          </Cell>
          <Cell label="took" num>
            <Took from={run.startedAt} to={run.endedAt} />
          </Cell>
          <Cell label="by">{run.by ?? <span class="muted">nobody said</span>}</Cell>
          <Cell label="commit">
            <Commit commit={run.commit} dirty={run.dirty} />
          </Cell>
          <Cell label="endpoint">
            {run.endpoint === null ? null : (
              <a href={pageLink({ page: 'endpoint', name: run.endpoint })}>{run.endpoint}</a>
            )}
          </Cell>
        </tr>
      ))}
    </Table>
  );
}

export function RunName({ id, pipeline }: { id: string; pipeline: string }) {
  const key = id.startsWith(`${pipeline}/`) ? id.slice(pipeline.length + 1) : id;
  return (
    <>
      <span class="muted">{key === id ? '' : `${pipeline}/`}</span>
      {key}
    </>
  );
}

function Filters({
  project,
  filter,
  onFilter,
}: {
  project: ProjectView | null;
  filter: RunsFilter;
  onFilter: (filter: RunsFilter) => void;
}) {
  const pipelines = [
    ...new Set([...(project?.pipelines ?? []), ...(filter.pipeline === undefined ? [] : [filter.pipeline])]),
  ];
  const change = (more: RunsFilter) => onFilter({ ...withoutAfter(filter), ...more });
  const choice = (name: 'pipeline' | 'state', options: readonly string[]) => (
    <label>
      <span class="visually-hidden">{name}</span>
      <select value={filter[name] ?? ''} onChange={(event) => change({ [name]: event.currentTarget.value })}>
        <option value="">all {name}s</option>
        {options.map((option) => (
          <option key={option} value={option}>
            {option.replaceAll('-', ' ')}
          </option>
        ))}
      </select>
    </label>
  );
  return (
    <search class="filters">
      {choice('pipeline', pipelines)}
      {choice('state', states)}
      <label class="grow">
        <span class="visually-hidden">text</span>
        <input
          type="search"
          placeholder="key, person or commit"
          value={filter.text ?? ''}
          onInput={(event) => change({ text: event.currentTarget.value })}
        />
      </label>
    </search>
  );
}

function withoutAfter({ after: _, ...filter }: RunsFilter): RunsFilter {
  return filter;
}
