import { stripVTControlCharacters } from 'node:util';
import { describeAttempts } from '@sluice/sdk';
import { expect, test } from 'vitest';
import { widthOf } from '../text/width.ts';
import { paintFor, plainPaint } from './colours.ts';
import type { FollowEvent, FollowFact } from './events.ts';
import { costOf, formatMs, table } from './format.ts';
import { attemptText, linesOf } from './lines.ts';
import { jsonRenderer, plainRenderer } from './renderer.ts';
import { attempt, gate, job, snapshot, start, step } from './testing.ts';
import { liveLines, ttyRenderer } from './tty-renderer.ts';

const event = (fact: FollowFact, at = start): FollowEvent => ({ at, ...fact }) as FollowEvent;
const text = (fact: FollowFact) => linesOf(event(fact), plainPaint).join('\n');

test.each<[FollowFact, string]>([
  [{ type: 'run-started', run: 'delays/one', pipeline: 'delays' }, 'run delays/one'],
  [{ type: 'links', links: { mlflow: 'http://m' } }, 'mlflow: http://m'],
  [{ type: 'step-started', step: 'airport=EWR/delay', kind: 'train' }, 'airport=EWR/delay train started'],
  [{ type: 'attempt-started', step: 'fit', attempt: 1, machine: 'spot-1', resumedFrom: null }, 'fit runs on spot-1'],
  [
    { type: 'attempt-started', step: 'fit', attempt: 2, machine: 'spot-2', resumedFrom: 1200 },
    'fit attempt 2 runs on spot-2, resumed at step 1200',
  ],
  [
    { type: 'progress', step: 'fit', machine: 'm', done: 1200, total: 3000, rate: 31.4, etaMs: 58_100 },
    'fit step 1200 of 3000 (40 %), 31 steps/s, 58.1 s left',
  ],
  [{ type: 'progress', step: 'fit', machine: 'm', done: 7, total: null, rate: null, etaMs: null }, 'fit step 7'],
  [
    { type: 'checkpoint-committed', step: 'fit', checkpoint: 400, machine: 'm' },
    'fit checkpoint committed at step 400',
  ],
  [
    {
      type: 'attempt-ended',
      step: 'fit',
      attempt: attempt(1, { ended: 'preempted', stepsLost: 14, secondsLost: 3.14 }),
    },
    'fit attempt 1 was preempted on spot-1 (lost 14 steps, 3.1 s)',
  ],
  [
    {
      type: 'attempt-ended',
      step: 'fit',
      attempt: attempt(1, { ended: 'worker-lost', stepsLost: 1, secondsLost: 30 }),
    },
    'fit attempt 1 lost its worker on spot-1 (last heard of at step 1214, checkpoint 1200)',
  ],
  [
    { type: 'attempt-ended', step: 'fit', attempt: attempt(2, { ended: 'failed', message: 'exit code 1\nTraceback' }) },
    'fit attempt 2 ended on spot-2 as failed: exit code 1',
  ],
  [
    { type: 'step-ended', step: 'holdout', kind: 'evaluate', state: 'done', ms: 850, verdict: 'pass', note: null },
    'holdout done in 850 ms pass',
  ],
  [
    { type: 'step-ended', step: 'rows', kind: 'extract', state: 'failed', ms: 12_340, verdict: null, note: 'no file' },
    'rows failed after 12.3 s: no file',
  ],
  [
    { type: 'phase', endpoint: 'delays', phase: 'canary 5 %', weights: { v1: 95, v2: 5 } },
    'delays canary 5 %: v1 95 %, v2 5 %',
  ],
  [
    { type: 'waiting', what: 'server', address: '127.0.0.1:7233', sinceMs: 7000, failure: null },
    'the Temporal server at 127.0.0.1:7233 does not answer; waiting, 7.0 s so far',
  ],
  [
    { type: 'finished', run: 'delays/one', state: 'failed', ms: 65_000, failure: { code: 'X', message: 'one\ntwo' } },
    'run delays/one failed after 1 min 05 s\n  X  one\n  two',
  ],
  [
    {
      type: 'finished',
      run: 'delays/one',
      state: 'failed',
      ms: 100,
      failure: { code: 'TrainerFailed', message: 'fit: exit code 1', tail: ['Traceback', 'ValueError: no'] },
    },
    'run delays/one failed after 100 ms\n  TrainerFailed  fit: exit code 1\n  | Traceback\n  | ValueError: no',
  ],
])('tells %o', (fact, expected) => {
  expect(text(fact)).toBe(expected);
});

test('tells a question with its evidence and how to answer', () => {
  expect(text({ type: 'gate-open', gate })).toBe(
    [
      'delays awaits approval: the gates say pass',
      '  candidate ab12ab12ab12, version 3; the question expires 2026-01-04T03:04:00.000Z',
      '  gate     metric       value  baseline  threshold  verdict',
      '  holdout  error (EWR)  12.35  13        > -1       pass     n 400',
      '  holdout  unanswered   0                = 0        pass',
      '  rows                                              pass',
      '  sluice approve delays/one --step delays --endpoint delays --candidate ab12ab12ab12',
    ].join('\n'),
  );
});

test('says what attempts cost in work', () => {
  const attempts = [
    attempt(1, { ended: 'preempted', stepsLost: 14, secondsLost: 3.1 }),
    attempt(2, { resumedFrom: 1200 }),
  ];
  expect(describeAttempts(step('fit', { attempts }))).toBe(
    'errors 0/2, preemptions 1/50, resumed at step 1200 (lost 14 steps, 3.1 s)',
  );
  expect(describeAttempts(step('fit', { attempts: [attempt(1)] }))).toBe('errors 0/2, preemptions 0/50');
});

test('a cancelled attempt is counted as neither, and nothing has started over', () => {
  const one = attempt(1, { ended: 'cancelled', machine: null });
  expect(describeAttempts(step('fit', { attempts: [one] }))).toBe('errors 0/2, preemptions 0/50');
  expect(attemptText(one, plainPaint)).toBe('attempt 1 was cancelled');
});

test('counts errors and preemptions apart', () => {
  const attempts = [
    attempt(1, { ended: 'failed' }),
    attempt(2, { ended: 'worker-lost', stepsLost: 2, secondsLost: 1 }),
    attempt(3, { ended: 'out-of-memory' }),
  ];
  expect(describeAttempts(step('fit', { attempts }))).toBe(
    'errors 2/2, preemptions 1/50, started over (lost at least 2 steps, 1.0 s)',
  );
});

test('an outage is counted as neither, and shown with when it is tried again', () => {
  const outage = attempt(2, {
    ended: 'infrastructure',
    code: 'Unreachable',
    message: 'the store is down\nat http://x',
  });
  expect(describeAttempts(step('fit', { attempts: [attempt(1, { ended: 'failed' }), outage] }))).toMatch(
    /^errors 1\/2, preemptions 0\/50, 1 outage waited out/,
  );
  expect(describeAttempts(step('fit', { attempts: [outage, attempt(3)] }))).toBe(
    'errors 0/2, preemptions 0/50, 1 outage waited out',
  );
  expect(text({ type: 'attempt-ended', step: 'fit', attempt: outage })).toBe(
    'fit attempt 2 met an outage on spot-2 (Unreachable): the store is down',
  );
  const pause = { code: 'Unreachable', message: 'the store is down', since: start - 120_000, until: start + 32_000 };
  expect(text({ type: 'paused', step: 'fit', pause })).toMatch(
    /^fit waits after Unreachable \(since \d\d:\d\d:\d\d, 2 min 00 s\), next try in 32.0 s: the store is down$/,
  );
});

test('an unknown price makes a cost unknown, never 0', () => {
  const price = { perHour: 3.6, currency: 'EUR', source: 's', at: '2026-01-01' };
  expect(costOf([attempt(1, { price, seconds: 1000, secondsLost: 100 })])).toEqual({
    amount: 1,
    lost: expect.closeTo(0.1, 9),
    currency: 'EUR',
  });
  expect(costOf([attempt(1, { price }), attempt(2)])).toBeNull();
  expect(costOf([])).toBeNull();
});

test.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [59_949, '59.9 s'],
  [60_000, '1 min 00 s'],
  [3_599_600, '1 h 00 min'],
  [7_380_000, '2 h 03 min'],
  [172_800_000, '2 d 0 h'],
])('writes %i ms as %s', (ms, expected) => {
  expect(formatMs(ms)).toBe(expected);
});

test('writes a table of rows of different lengths', () => {
  expect(table([['a', 'long cell'], ['bb'], []])).toEqual(['a   long cell', 'bb', '']);
});

test('plain lines tell progress every five seconds, and its end', () => {
  const lines: string[] = [];
  const renderer = plainRenderer((line) => lines.push(line), plainPaint);
  for (let second = 0; second <= 12; second++) {
    const fact: FollowFact = {
      type: 'progress',
      step: 'fit',
      machine: 'm',
      done: second + 1,
      total: 13,
      rate: null,
      etaMs: null,
    };
    renderer.event(event(fact, start + second * 1000));
  }
  expect(lines.map((line) => line.trim().replace(/^\S+\s+/, ''))).toEqual([
    'fit step 1 of 13 (7 %)',
    'fit step 6 of 13 (46 %)',
    'fit step 11 of 13 (84 %)',
    'fit step 13 of 13 (100 %)',
  ]);
});

test('JSON is one object a line, whatever the text holds', () => {
  let out = '';
  jsonRenderer((line) => (out += line)).event(event({ type: 'step-started', step: 'ünï\n"x"', kind: 'train' }));
  expect(out.split('\n')).toHaveLength(2);
  expect(JSON.parse(out)).toEqual({ at: start, type: 'step-started', step: 'ünï\n"x"', kind: 'train' });
});

test('the live region shows bars with rate, time left and checkpoint', () => {
  const progress = { step: 150, total: 300, rate: 30, checkpoint: 120 };
  const shown = liveLines(
    snapshot({ steps: [step('fit'), step('rows', { state: 'done', end: start })] }, { jobs: [job('fit', progress)] }),
    plainPaint,
    0,
    start + 61_000,
  );
  expect(shown).toEqual([
    '⠋ fit ━━━━━━━━━━━━────────────  50 %  150/300  30 steps/s  5.0 s left  checkpoint 120  spot-1',
    '  delays/one  running  1 min 01 s  (Ctrl-C leaves it running)',
  ]);
});

test('the live region says what waits, and for what', () => {
  const steps = [step('fit'), step('delays', { kind: 'deploy', state: 'waiting' })];
  const jobs = [job('fit', null, { started: false, worker: null })];
  const shown = liveLines(snapshot({ steps, gates: [gate], hidden: { done: 200 } }, { jobs }), plainPaint, 0, start);
  expect(shown.slice(0, 3)).toEqual(['⠋ fit    waits for a worker', '? delays awaits approval', '  and 200 done']);
});

test('a map shows how many of its keys have ended', () => {
  const note = '1 done, 1 failed of 8';
  const shown = liveLines(snapshot({ steps: [step('airport', { kind: 'map', note })] }), plainPaint, 0, start);
  expect(shown[0]).toBe('⠋ airport ━━━━━━──────────────────  2/8  1 failed');
});

test('at 80 columns what there is no room for is left out whole, and a long name loses its middle', () => {
  const progress = { step: 123_456, total: 1_234_567, rate: 30, checkpoint: 120_000 };
  const name = 'airport=Charles-de-Gaulle/model=gradient-boosting/delay';
  const shown = liveLines(snapshot({ steps: [step(name)] }, { jobs: [job(name, progress)] }), plainPaint, 0, start, 79);
  expect(shown[0]).toBe('⠋ airport=Char…oosting/delay ━───────────   9 %  123456/1234567  30 steps/s');
  expect(widthOf(shown[0] ?? '')).toBeLessThanOrEqual(79);
});

test('more than a screen of running steps are counted, and the run is named all the same', () => {
  let screen = '';
  const renderer = ttyRenderer({ write: (part) => (screen += part), columns: 80, rows: 10 }, plainPaint, () => start);
  renderer.snapshot(snapshot({ steps: Array.from({ length: 30 }, (_, index) => step(`key=${index}/fit`)) }));
  renderer.close();
  expect(screen).toContain('key=5/fit');
  expect(screen).not.toContain('key=6/fit');
  expect(screen).toContain('and 24 more');
  expect(screen).toContain('delays/one  running');
});

test('a terminal made narrower while a run is followed keeps nothing of the live region', () => {
  let out = '';
  const screen = { write: (part: string) => (out += part), columns: 80, rows: 10 };
  const renderer = ttyRenderer(screen, plainPaint, () => start);
  renderer.snapshot(snapshot({ steps: [step('fit')] }));
  screen.columns = 30;
  renderer.close();
  // Its last line had 57 columns, which are two rows now.
  expect(out.endsWith('\r\u001b[3A\u001b[0J\u001b[?25h')).toBe(true);
});

test('a hundred checkpoints do not scroll by', () => {
  let live = '';
  const plain: string[] = [];
  const tty = ttyRenderer({ write: (part) => (live += part), columns: 80, rows: 10 }, plainPaint, () => start);
  const pipe = plainRenderer((line) => plain.push(line), plainPaint);
  for (let second = 0; second < 100; second++) {
    const fact = event(
      { type: 'checkpoint-committed', step: 'fit', checkpoint: second, machine: 'm' },
      start + second * 1000,
    );
    tty.event(fact);
    pipe.event(fact);
  }
  tty.close();
  expect(live).not.toContain('checkpoint');
  expect(plain.map((line) => line.trim().slice(10))).toEqual([
    'fit checkpoint committed at step 0',
    'fit checkpoint committed at step 60',
  ]);
});

test('a terminal gets its cursor back, and nothing of the live region stays', () => {
  let screen = '';
  const renderer = ttyRenderer({ write: (part) => (screen += part), columns: 40, rows: 10 }, plainPaint, () => start);
  renderer.snapshot(snapshot({ steps: [step('fit')] }));
  renderer.event(event({ type: 'step-started', step: 'fit', kind: 'train' }));
  renderer.close();
  expect(screen.startsWith('\u001b[?25l')).toBe(true);
  // From the line's beginning: a Ctrl-C prints itself where the cursor was.
  expect(screen.endsWith('\r\u001b[2A\u001b[0J\u001b[?25h')).toBe(true);
  const widest = Math.max(
    ...stripVTControlCharacters(screen)
      .split('\n')
      .map((line) => line.length),
  );
  expect(widest).toBeLessThan(40);
});

test.each<[string, { isTTY?: boolean }, NodeJS.ProcessEnv, boolean]>([
  ['a terminal', { isTTY: true }, {}, true],
  ['a terminal with NO_COLOR', { isTTY: true }, { NO_COLOR: '1' }, false],
  ['a pipe', {}, {}, false],
  ['a dumb terminal', { isTTY: true }, { TERM: 'dumb' }, false],
])('colours for %s', (_, stream, env, coloured) => {
  expect(paintFor(stream, env)('good', 'x') !== 'x').toBe(coloured);
});
