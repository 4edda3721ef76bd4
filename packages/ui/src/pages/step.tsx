import type { Json } from '@sluice/sdk';
import type { LogView, StepView } from '../api.ts';
import { LineChart } from '../charts/line-chart.tsx';
import { counted, formatNumber } from '../format.ts';
import { Artifacts } from '../parts/artifacts.tsx';
import { Attempts } from '../parts/attempts.tsx';
import { Checkpoints } from '../parts/checkpoints.tsx';
import { EvidenceTable } from '../parts/evidence.tsx';
import { Crumbs, Facts, OutLink, Section, TroubleBox } from '../parts/frame.tsx';
import { JsonBox } from '../parts/json.tsx';
import { Log } from '../parts/log.tsx';
import { Metrics } from '../parts/metrics.tsx';
import { Badge } from '../parts/state.tsx';
import { readable } from '../parts/step-groups.ts';
import { Ago, Took } from '../parts/time.tsx';
import { pageLink } from '../route.ts';

/** A step: its attempts, what it learned, what it was given and what it made. The log comes apart, as it is asked for apart. */
export function StepPage({ view, log = null }: { view: StepView; log?: LogView | null }) {
  const { run, status, series, checkpoints, evidence } = view;
  const attempts = status.attempts.length + (status.earlier?.count ?? 0);
  return (
    <>
      <Crumbs>
        <a href={pageLink({ page: 'runs' })}>Runs</a>
        <a href={pageLink({ page: 'run', id: run.id })}>{run.id}</a>
      </Crumbs>
      <div class="page-head">
        <h1>{readable(status.step)}</h1>
        <Badge state={status.state} />
        {status.verdict === null ? null : <Badge state={status.verdict} label={`gate: ${status.verdict}`} />}
        <span class="page-links">
          {view.mlflowUrl === null ? null : <OutLink href={view.mlflowUrl}>Step in MLflow</OutLink>}
        </span>
      </div>
      <Facts
        rows={[
          ['kind', status.kind],
          ['started', <Ago key="" at={status.start} />],
          [status.end === null ? 'for' : 'took', <Took key="" from={status.start} to={status.end} />],
          attempts === 0 ? null : ['errors', `${errorsOf(view)} of ${status.errorsAllowed} allowed`],
          attempts === 0 ? null : ['preemptions', `${preemptionsOf(view)} of ${status.preemptionsAllowed} allowed`],
        ]}
      />
      {view.trouble === null ? null : <TroubleBox trouble={view.trouble} role="note" />}
      {status.note === null ? null : (
        <p class={status.state === 'failed' ? 'step-note bad-text' : 'step-note'}>{status.note}</p>
      )}
      {series.length === 0 ? null : (
        <Section title="Curves" more={<span class="muted">by training step; upright lines are checkpoints</span>}>
          <div class="charts">
            {series.map(({ metric, points }) => (
              <LineChart
                key={metric}
                title={metric}
                lines={[{ name: metric, points, colour: 0 }]}
                domain={stepsOf(view)}
                marks={[
                  ...checkpoints.map(({ step }) => ({
                    x: step,
                    kind: 'checkpoint',
                    title: `checkpoint at step ${step}`,
                  })),
                  ...status.attempts.flatMap(({ lastStep, ended, attempt }) =>
                    ended === 'done' || lastStep === null
                      ? []
                      : [{ x: lastStep, kind: 'preempted', title: `attempt ${attempt} ended: ${ended}` }],
                  ),
                ]}
              />
            ))}
          </div>
        </Section>
      )}
      {evidence.length === 0 ? null : (
        <Section
          title="Evidence"
          more={<span class="muted">{counted(evidence.length, 'row')}, what harms most first</span>}
        >
          <EvidenceTable rows={evidence} label="Evidence" />
        </Section>
      )}
      {attempts === 0 ? null : (
        <Section title="Attempts">
          <Attempts status={status} run={run.id} checkpoints={checkpoints} />
        </Section>
      )}
      <div class="pair">
        {view.inputs.length === 0 ? null : (
          <Section title="Inputs">
            <Artifacts list={view.inputs} label="Inputs" />
          </Section>
        )}
        {view.outputs.length === 0 ? null : (
          <Section title="Outputs">
            <Artifacts list={view.outputs} label="Outputs" />
          </Section>
        )}
      </div>
      {checkpoints.length === 0 ? null : (
        <Section title="Checkpoints" more={<span class="muted">{formatNumber(checkpoints.length)} kept</span>}>
          <Checkpoints list={checkpoints} />
        </Section>
      )}
      {log === null ? null : (
        <Section title="Log">
          <Log log={log} run={run.id} />
        </Section>
      )}
      <div class="pair">
        <Metrics metrics={view.metrics} />
        <Hyper spec={view.spec} />
        <Section title="Asked for">
          <JsonBox value={view.spec} label="What the step was asked for" />
        </Section>
      </div>
    </>
  );
}

/** What a trainer was told to do, apart from the rest of its spec. */
function Hyper({ spec }: { spec: Json }) {
  const hyper = typeof spec === 'object' && spec !== null && 'hyper' in spec ? spec.hyper : undefined;
  if (typeof hyper !== 'object' || hyper === null || Object.keys(hyper).length === 0) return null;
  return (
    <Section title="Hyper-parameters">
      <dl class="metrics">
        {Object.entries(hyper).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="num">{typeof value === 'string' ? value : JSON.stringify(value)}</dd>
          </div>
        ))}
      </dl>
    </Section>
  );
}

function stepsOf({ series }: StepView): readonly [number, number] {
  const all = series.flatMap(({ points }) => [points[0]?.[0] ?? [], points.at(-1)?.[0] ?? []].flat());
  return [Math.min(...all), Math.max(...all)];
}

function preemptionsOf({ status }: StepView): number {
  return (
    status.attempts.filter(({ ended }) => ended === 'preempted' || ended === 'worker-lost').length +
    (status.earlier?.preemptions ?? 0)
  );
}

function errorsOf({ status }: StepView): number {
  const own = ['failed', 'out-of-memory', 'stalled', 'timeout', 'fenced'];
  return status.attempts.filter(({ ended }) => own.includes(ended)).length + (status.earlier?.errors ?? 0);
}
