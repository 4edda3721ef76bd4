import type { RunView } from '../api.ts';
import { counted, formatNumber } from '../format.ts';
import { CopyButton } from '../parts/copy.tsx';
import { CostText } from '../parts/cost.tsx';
import { Decisions } from '../parts/decisions.tsx';
import { Failure } from '../parts/failure.tsx';
import { Crumbs, Empty, Facts, OutLink, Section } from '../parts/frame.tsx';
import { JsonBox } from '../parts/json.tsx';
import { Question } from '../parts/question.tsx';
import { RolloutNow } from '../parts/rollout.tsx';
import { Badge } from '../parts/state.tsx';
import { Steps } from '../parts/steps.tsx';
import { Ago, Took } from '../parts/time.tsx';
import { Commit } from '../parts/who.tsx';
import { pageLink } from '../route.ts';

/** A run: what it waits for, how its steps went, and what came of it. */
export function RunPage({ view, after = 0 }: { view: RunView; after?: number }) {
  const { row, status, cost, endpoint } = view;
  const key = row.id.startsWith(`${row.pipeline}/`) ? row.id.slice(row.pipeline.length + 1) : row.id;
  const decided = status.decisions.length + status.refused.length > 0;
  return (
    <>
      <Crumbs>
        <a href={pageLink({ page: 'runs' })}>Runs</a>
        <a href={pageLink({ page: 'runs', pipeline: row.pipeline })}>{row.pipeline}</a>
      </Crumbs>
      <div class="page-head">
        <h1>
          {key} <CopyButton text={row.id} what={`the run's id ${row.id}`} />
        </h1>
        <Badge state={row.state} />
        <span class="page-links">
          {view.temporalUrl === null ? null : <OutLink href={view.temporalUrl}>Run in Temporal</OutLink>}
          {view.mlflowUrl === null ? null : <OutLink href={view.mlflowUrl}>Run in MLflow</OutLink>}
          {status.links.report === undefined ? null : <OutLink href={status.links.report}>Report</OutLink>}
        </span>
      </div>
      <Facts
        rows={[
          ['started', <Ago key="" at={row.startedAt} />],
          [row.endedAt === null ? 'for' : 'took', <Took key="" from={row.startedAt} to={row.endedAt} />],
          ['by', row.by ?? 'nobody said'],
          ['commit', <Commit key="" commit={row.commit} dirty={row.dirty} />],
          row.endpoint === null
            ? null
            : [
                'endpoint',
                <a key="" href={pageLink({ page: 'endpoint', name: row.endpoint })}>
                  {row.endpoint}
                </a>,
              ],
          cost === null ? null : ['cost', <CostText key="" cost={cost} />],
        ]}
      />
      {view.failure === null ? null : <Failure failure={view.failure} />}
      {status.gates.map((gate) => (
        <Question key={`${gate.step}-${gate.round}`} gate={gate} />
      ))}
      {endpoint !== null && endpoint.mode !== 'steady' ? <RolloutNow state={endpoint} /> : null}
      <Section title="Steps" more={<StepCounts view={view} after={after} />}>
        {status.steps.length === 0 ? <Empty>No step has begun yet.</Empty> : <Steps view={view} />}
        <StepPages view={view} after={after} />
      </Section>
      {decided ? (
        <Section title="Decisions">
          <Decisions decisions={status.decisions} refused={status.refused} />
        </Section>
      ) : null}
      <div class="pair">
        <Section title="Parameters">
          <JsonBox value={view.params} label="Parameters" />
        </Section>
        {row.endedAt === null || view.result === null ? null : (
          <Section title="Result">
            <JsonBox value={view.result} label="Result" />
          </Section>
        )}
      </div>
    </>
  );
}

function StepCounts({ view, after }: { view: RunView; after: number }) {
  const { steps, hidden } = view.status;
  const unseen = Object.values(hidden).reduce((sum, count) => sum + count, 0);
  if (unseen === 0) return <span class="muted">{counted(steps.length, 'step')}</span>;
  const parts = Object.entries(hidden).map(([state, count]) => `${formatNumber(count)} ${state}`);
  return (
    <span class="muted">
      {after > 0 ? `after the first ${formatNumber(after)}: ` : ''}
      {formatNumber(steps.length)} of {formatNumber(steps.length + unseen)} are listed; elsewhere {parts.join(', ')}
    </span>
  );
}

function StepPages({ view, after }: { view: RunView; after: number }) {
  const next = view.status.next ?? null;
  if (after === 0 && next === null) return null;
  const id = view.row.id;
  return (
    <nav class="pager" aria-label="Pages of steps">
      {after === 0 ? null : <a href={pageLink({ page: 'run', id })}>← first steps</a>}
      {next === null ? null : <a href={pageLink({ page: 'run', id, after: next })}>next steps →</a>}
    </nav>
  );
}
