import { describe, expect, it } from 'vitest';
import { markup, words } from '../testing/markup.tsx';
import { gate, runView, start, step } from '../testing/views.ts';
import { RunPage } from './run.tsx';

const hostile = '<script>alert("x")</script>';

describe('the page of a run', () => {
  it('begins with what it waits for: the verdict, the exact commands, and the gate that fails before those that pass', () => {
    const told = words(<RunPage view={runView({}, { state: 'blocked', gates: [gate] })} />);
    expect(told).toContain('delays is blocked by its gates');
    expect(told).toMatch(/the gates say\s+✕ fail/);
    expect(told).toContain("sluice override delays/one --step delays --candidate ab12ab12ab12 --reason '…'");
    expect(told.indexOf('holdout')).toBeLessThan(told.indexOf('not null'));
  });

  it('shows the category that lost most above the others, with its interval in words', () => {
    const html = markup(<RunPage view={runView({}, { gates: [gate] })} />);
    const places = ['>AA<', '>WN<', '>UA<'].map((name) => html.indexOf(name));
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(0);
    expect(html).toContain('difference −2.5, interval from −3 to −2, may lose −1');
  });

  it('never lets a name, a note or a parameter become markup, and links to no other kind of address', () => {
    const view = runView(
      {
        params: { [hostile]: hostile },
        temporalUrl: 'javascript:alert(1)',
        failure: { code: 'X', message: hostile, tail: [hostile] },
      },
      {
        steps: [step('a', { note: hostile })],
        gates: [{ ...gate, endpoint: hostile }],
        refused: [{ decision: 'approve', by: hostile, at: new Date(start).toISOString(), via: 'signal', why: hostile }],
      },
    );
    const html = markup(<RunPage view={view} />);
    expect(html).not.toContain('<script');
    expect(html).not.toContain('javascript:');
    expect(html).toContain('&lt;script>');
  });

  it('links the report that a worker has attached in MLflow, and none where there is none', () => {
    const report = 'http://m/#/experiments/1/runs/2/artifacts/report.html';
    expect(markup(<RunPage view={runView({}, { links: { report } })} />)).toMatch(
      new RegExp(`href="${report}"[^>]*>Report`),
    );
    expect(markup(<RunPage view={runView()} />)).not.toContain('>Report');
  });

  it('has no style attributes and no scripts in its markup, which the policy of sluice ui would block', () => {
    expect(markup(<RunPage view={runView({}, { gates: [gate] })} />)).not.toMatch(/ style=| on\w+=/);
  });

  it('tells of a preemption in words where its bar shows it', () => {
    const base = {
      class: 'spot',
      gpus: 0,
      price: null,
      code: null,
      message: null,
      resumedFrom: null,
      lastStep: 90,
      checkpoint: 80,
      stepsLost: 10,
      secondsLost: 1,
      seconds: 20,
    };
    const attempts = [
      { ...base, attempt: 1, machine: 'spot-1', start: start + 1000, end: start + 21_000, ended: 'preempted' as const },
      { ...base, attempt: 2, machine: 'spot-2', start: start + 22_000, end: start + 61_000, ended: 'done' as const },
    ];
    const html = markup(<RunPage view={runView({}, { steps: [step('model', { attempts })] })} />);
    expect(html).toContain('aria-label="model: done in 1 min 00 s, 2 attempts, 1 preemption"');
    expect(html).toContain('attempt 1 on spot-1: preempted after 20.0 s, lost 10 steps');
  });

  it('sums up the keys of a large map by state, failed ones first, instead of listing them', () => {
    const keys = Array.from({ length: 300 }, (_, i) =>
      step(`airport=A${i}/delay`, { state: i === 7 ? 'failed' : 'done' }),
    );
    const told = words(<RunPage view={runView({}, { steps: keys, hidden: { done: 1699, waiting: 1 }, next: 300 })} />);
    expect(told).toMatch(/1 failed\s+✓ 299 done/);
    expect(told).not.toContain('A12 / delay');
    expect(told).toContain('300 of 2,000 are listed; elsewhere 1,699 done, 1 waiting');
    expect(told).toContain('next steps');
  });

  it('tells decisions that did not count among those that did, in the order they came', () => {
    const at = (seconds: number) => new Date(start + seconds * 1000).toISOString();
    const subject = {
      run: 'delays/one',
      step: 'delays',
      endpoint: 'delays',
      candidate: gate.candidate,
      round: 1,
      evidence: '',
    };
    const told = words(
      <RunPage
        view={runView(
          {},
          {
            decisions: [{ ...subject, decision: 'approve', by: 'ana', reason: null, at: at(20), via: 'signal' }],
            refused: [
              { decision: 'approve', by: 'eve', at: at(10), via: 'signal', why: 'eve may not approve' },
              { decision: 'reject', by: 'bob', at: at(30), via: 'update', why: 'the question is closed' },
            ],
          },
        )}
      />,
    );
    const order = ['eve may not approve', 'ana via signal', 'the question is closed'].map((text) => told.indexOf(text));
    expect(order[0]).toBeGreaterThan(0);
    expect(order).toEqual(order.toSorted((a, b) => a - b));
  });

  it('gives the cost in machine time where no price is known, and says why', () => {
    const cost = {
      amount: null,
      lost: null,
      currency: null,
      why: 'class cpu has no price',
      seconds: 90,
      secondsLost: 3,
    };
    expect(words(<RunPage view={runView({ cost })} />)).toContain(
      '1 min 30 s of machines (3.0 s lost) ; class cpu has no price',
    );
  });
});
