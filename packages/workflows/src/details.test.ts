import type { OpenGate, RunStatus, StepStatus } from '@sluice/sdk';
import { describe, expect, it } from 'vitest';
import { renderDetails } from './details.ts';

const noon = Date.UTC(2026, 0, 2, 12);
const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;

function status(more: Partial<RunStatus> = {}): RunStatus {
  return {
    workflowId: 'life/a',
    pipeline: 'life',
    state: 'running',
    steps: [],
    hidden: {},
    gates: [],
    asked: 0,
    decisions: [],
    refused: [],
    links: {},
    ...more,
  };
}

function step(more: Partial<StepStatus> = {}): StepStatus {
  return {
    step: 'rows',
    kind: 'extract',
    state: 'done',
    start: noon,
    end: noon + 700,
    attempts: [],
    errorsAllowed: 0,
    preemptionsAllowed: 0,
    verdict: 'pass',
    note: null,
    ...more,
  };
}

const gate: OpenGate = {
  step: 'shop',
  endpoint: 'shop',
  candidate: digest,
  version: '3',
  state: 'awaiting-approval',
  verdict: 'pass',
  gates: [
    {
      name: 'quality',
      verdict: 'pass',
      evidence: [
        { metric: 'mean absolute error', verdict: 'pass', value: 0.123456, baseline: 0.2, threshold: 'gain > -0.5' },
        { metric: 'mean absolute error', slice: 'odd|even', verdict: 'pass', value: 1, baseline: null },
      ],
    },
  ],
  expiresAt: noon,
  round: 1,
  commands: ['sluice approve life/a --step shop --endpoint shop --candidate 0123456789ab'],
};

describe('the details of a run', () => {
  it('shows what a job waits for, since when, and when it is tried again', () => {
    const pause = { code: 'Unreachable', message: 'the store is down', since: noon, until: noon + 90_000 };
    const text = renderDetails(status({ steps: [step({ kind: 'train', state: 'running', end: null, pause })] }));
    expect(text).toContain(
      'waits after Unreachable since 2026-01-02 12:00:00, next try at 12:01:30: the store is down',
    );
  });

  it('show each step on a row, without columns that no step has a word for', () => {
    const text = renderDetails(
      status({
        steps: [
          step({ note: '200 rows' }),
          step({ step: 'model', kind: 'train', state: 'running', end: null, verdict: null }),
        ],
      }),
    );
    expect(text).toContain(
      [
        '| step | kind | state | took | verdict | note |',
        '| --- | --- | --- | --- | --- | --- |',
        '| rows | extract | done | 0.7 s | pass | 200 rows |',
        '| model | train | **running** | since 12:00:00 |  |  |',
      ].join('\n'),
    );
  });

  it.each([
    [700, '0.7 s'],
    [59_940, '59.9 s'],
    [185_000, '3 min 5 s'],
    [7_380_000, '2 h 3 min'],
  ])('say how long a step took: %d ms as %s', (ms, text) => {
    expect(renderDetails(status({ steps: [step({ end: noon + ms })] }))).toContain(`| ${text} |`);
  });

  it('say of a deploy how it ended, and of a failure that it is tolerated', () => {
    const text = renderDetails(
      status({
        state: 'done',
        steps: [
          step({ step: 'us', kind: 'deploy', outcome: 'rolled-back' }),
          step({ step: 'eu', kind: 'deploy', outcome: 'deployed' }),
          step({ step: 'city=b/fit', kind: 'train', state: 'failed', tolerated: true, note: 'no data' }),
        ],
      }),
    );
    expect(text).toContain('| us | deploy | **rolled-back** |');
    expect(text).toContain('| eu | deploy | deployed |');
    expect(text).toContain('| city=b/fit | train | failed, tolerated |');
    expect(text).not.toContain('**city=b/fit** failed');
  });

  it('point at verdicts that are not pass', () => {
    expect(renderDetails(status({ steps: [step({ verdict: 'inconclusive' })] }))).toContain('| **inconclusive** |');
  });

  it('show the evidence of an open gate, its commands and what to send from the page', () => {
    const text = renderDetails(status({ state: 'awaiting-approval', gates: [gate] }));
    expect(text).toContain('### shop waits for approval');
    expect(text).toContain(
      'Candidate `0123456789ab` (version 3): the gates say **pass**. Open until 2026-01-02 12:00 UTC.',
    );
    expect(text).toContain('| quality | mean absolute error | 0.1235 | 0.2 | gain > -0.5 | pass |');
    expect(text).toContain('|  | mean absolute error (odd\\|even) | 1 |  |  | pass |');
    expect(text).toContain('```\nsluice approve life/a --step shop --endpoint shop --candidate 0123456789ab\n```');
    expect(text).toContain(
      '`approve` with `{"by":"…","run":"life/a","step":"shop","endpoint":"shop","candidate":"0123456789ab"}`',
    );
    expect(text).not.toContain('override');
  });

  it('ask for an override with a reason, or a reject, where a gate is blocked', () => {
    const text = renderDetails(status({ gates: [{ ...gate, state: 'blocked', verdict: 'fail' }] }));
    expect(text).toContain('### shop is blocked');
    expect(text).toContain('Only an override with a reason, or a reject, ends it.');
    expect(text).toContain(
      '`override` with `{"by":"…","reason":"…","run":"life/a","step":"shop","endpoint":"shop","candidate":"0123456789ab"}`',
    );
    expect(text).not.toContain('`approve`');
  });

  it('name the round where a question is asked anew, because answers to the former one do not count', () => {
    const text = renderDetails(status({ gates: [{ ...gate, round: 2 }] }));
    expect(text).toContain('It is asked anew, in round 2.');
    expect(text).toContain('"candidate":"0123456789ab","round":"2"}`');
  });

  it('never ask for a token to be sent from the page, where it would stand in the history', () => {
    const text = renderDetails(status({ gates: [gate] }), 'token');
    expect(text).toContain('sluice approve life/a');
    expect(text).toContain('do not send one from this page');
    expect(text).not.toContain('{"');
  });

  it('show what people typed as text, whatever it looks like', () => {
    const refused = {
      decision: 'approve',
      by: '**ana**',
      at: '2026-01-02T12:00:00.000Z',
      via: 'signal',
      why: '<b>\n|',
    };
    const text = renderDetails(status({ refused: [refused as RunStatus['refused'][number]] }));
    expect(text).toContain('- approve by \\*\\*ana\\*\\*, 2026-01-02 12:00:00: \\<b> \\|');
  });

  it('say why a step failed and how the run goes on', () => {
    const failed = step({ step: "airport=O'Hare/delay", kind: 'train', state: 'failed', verdict: null });
    const text = renderDetails(
      status({ state: 'failed', steps: [step(), { ...failed, note: `${failed.step}: no rows for O'Hare` }] }),
    );
    expect(text).toContain("- **airport=O'Hare/delay** failed: no rows for O'Hare");
    expect(text).toContain("```\nsluice retry 'life/a' --from 'airport=O'\\''Hare/delay'\n```");
    const tolerated = renderDetails(status({ state: 'running', steps: [{ ...failed, note: 'no rows' }] }));
    expect(tolerated).toContain("- **airport=O'Hare/delay** failed: no rows");
    expect(tolerated).not.toContain('sluice retry');
  });

  it('cut digests short', () => {
    expect(renderDetails(status({ steps: [step({ note: `not ${digest}.` })] }))).toContain('not 0123456789ab.');
  });

  it('say how many branches of a large map are not listed', () => {
    const text = renderDetails(status({ steps: [step()], hidden: { done: 1940, failed: 2 } }));
    expect(text).toContain('| and 1940 done, 2 failed |');
  });

  it('stay small for thousands of steps with a great deal to say', () => {
    const many = Array.from({ length: 1000 }, (_, i) =>
      step({ step: `key=${i}/work`, state: 'failed', note: 'x|'.repeat(5_000) }),
    );
    const text = renderDetails(status({ steps: many, hidden: { done: 7 } }));
    expect(text).toContain('| and 880 more, 7 done |');
    expect(text.length).toBeLessThan(60_000);
  });

  it('keep every row of a table a row, whatever stands in it', () => {
    const hostile = ['a|b', 'a\\|b', '\\', '`|`', '\n| x |', '<script>', '&lt;', '[x](http://y)', '_a_ __b__', '~~c~~'];
    const plain = renderDetails(status({ steps: [step({ note: 'quiet' })] }));
    const rows = (text: string) => text.split('\n').filter((line) => line.startsWith('| '));
    // A delimiter is a pipe after an even number of backslashes.
    const cells = (row: string | undefined) => [...(row ?? '').replace(/\\./g, '').matchAll(/\|/g)].length;
    for (const note of hostile) {
      const text = renderDetails(status({ steps: [step({ note })] }));
      expect(rows(text)).toHaveLength(rows(plain).length);
      expect(cells(rows(text)[2])).toBe(cells(rows(plain)[2]));
      expect(text).not.toMatch(/(?<!\\)(<script|\]\(|&lt;|~~)/);
    }
  });

  it('leave paths as they are read', () => {
    expect(renderDetails(status({ steps: [step({ step: 'airport=EWR/by_airport.v2' })] }))).toContain(
      '| airport=EWR/by_airport.v2 |',
    );
  });

  it('name the report of a run that judged something, and of no other', () => {
    expect(renderDetails(status({ steps: [step()] }))).toContain("`sluice report 'life/a' --open`");
    expect(renderDetails(status({ steps: [step({ verdict: null })] }))).not.toContain('sluice report');
  });
});

describe('the report', () => {
  const artifact = { kind: 'report', uri: 'sluice:blob/00', digest: 'sha256:00', bytes: 1 } as const;
  const page = 'http://m/#/experiments/1/runs/2/artifacts/report.html';

  it('is named by its command before a worker has written one', () => {
    expect(renderDetails(status({ steps: [step()] }))).toContain(
      "All that it measured, as one page: `sluice report 'life/a' --open`",
    );
    expect(renderDetails(status({ steps: [step({ verdict: null })] }))).not.toContain('sluice report');
  });

  it('is linked where MLflow shows it, with the time that it tells of, and once only', () => {
    const shown = renderDetails(
      status({ links: { mlflow: 'http://m', report: page }, report: { at: noon, artifact, warning: null } }),
    );
    expect(shown).toContain(
      `one page: [the report](${page}) in MLflow, as it stood at 2026-01-02 12:00:00; as it stands now: \`sluice report`,
    );
    expect(shown.split(page)).toHaveLength(2);
  });

  it('that could not be written or shown says why, and is no markup', () => {
    const warning = 'not attached in MLflow: *no* disk';
    const shown = renderDetails(status({ report: { at: noon, artifact, warning } }));
    expect(shown).toContain('The newest one is not attached in MLflow: \\*no\\* disk');
    expect(shown).toContain('sluice report');
  });
});
