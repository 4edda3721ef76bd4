import { type GateResult, type OpenGate, worstFirst } from '@sluice/sdk';
import { counted } from '../format.ts';
import { pageLink } from '../route.ts';
import { Command, Digest } from './copy.tsx';
import { EvidenceTable } from './evidence.tsx';
import { Badge } from './state.tsx';
import { Ago } from './time.tsx';

/** What a run waits for a person to decide: the gates, their evidence, and what to type. */
export function Question({ gate }: { gate: OpenGate }) {
  const blocked = gate.state === 'blocked';
  return (
    <section class={`question ${blocked ? 'blocked' : 'open'}`} aria-label={`Question of ${gate.step}`}>
      <div class="question-head">
        <h2>
          <a href={pageLink({ page: 'endpoint', name: gate.endpoint })}>{gate.endpoint}</a>{' '}
          {blocked ? 'is blocked by its gates' : 'awaits approval'}
        </h2>
        <span>
          the gates say <Badge state={gate.verdict} />
        </span>
        <span class="muted">
          candidate <Digest digest={gate.candidate} link />
          {gate.version === null ? null : ` version ${gate.version}`}
        </span>
        <span class="muted">
          expires <Ago at={gate.expiresAt} />
        </span>
        {gate.round > 1 ? <span class="muted">asked for the {ordinal(gate.round)} time</span> : null}
      </div>
      <ul class="commands" aria-label="How to answer">
        {gate.commands.map((command) => (
          <li key={command}>
            <span class="verb">{verbOf(command)}</span>
            <Command text={command} />
          </li>
        ))}
      </ul>
      {worstFirst(gate.gates).map((one) => (
        <Gate key={one.name} gate={one} />
      ))}
    </section>
  );
}

/** One gate; those that pass are folded, so that what harms is seen first. */
export function Gate({
  gate,
  open = gate.verdict !== 'pass' || gate.evidence.some(({ effect }) => effect != null),
}: {
  gate: GateResult;
  open?: boolean;
}) {
  return (
    <details class="gate" open={open}>
      <summary>
        <Badge state={gate.verdict} /> <strong>{gate.name}</strong>
        <span class="muted">{gate.evidence.length === 0 ? 'no rows' : counted(gate.evidence.length, 'row')}</span>
      </summary>
      {gate.evidence.length === 0 ? null : <EvidenceTable rows={gate.evidence} label={`Evidence of ${gate.name}`} />}
    </details>
  );
}

function verbOf(command: string): string {
  return /^sluice (\w+)/.exec(command)?.[1] ?? 'answer';
}

function ordinal(round: number): string {
  return round === 2 ? 'second' : round === 3 ? 'third' : `${round}th`;
}
