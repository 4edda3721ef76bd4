import { defaultPayloadConverter } from '@temporalio/common';
import { expect, test } from 'vitest';
import { childrenUnderWay, planReset, resetPoints, stepsOf } from './reset-plan.ts';

type Events = Parameters<typeof planReset>[0];

/** A history as the server writes it, as far as a reset looks at it. */
class History {
  readonly events: Record<string, unknown>[] = [];

  #add(attributes: Record<string, unknown>): number {
    this.events.push({ eventId: this.events.length + 1, ...attributes });
    return this.events.length;
  }

  /** A workflow task that schedules activities for these steps; returns their events. */
  task(...steps: (string | { readonly map: string })[]): number[] {
    const task = this.#add({ workflowTaskCompletedEventAttributes: {} });
    return steps.map((step) =>
      typeof step === 'string'
        ? this.#add({
            activityTaskScheduledEventAttributes: {
              activityType: { name: 'train' },
              input: { payloads: [payload({ ref: { step }, attempt: 1 })] },
              workflowTaskCompletedEventId: task,
            },
          })
        : this.#add({
            startChildWorkflowExecutionInitiatedEventAttributes: {
              input: { payloads: [payload({}), payload({ mapPath: step.map })] },
              workflowTaskCompletedEventId: task,
            },
          }),
    );
  }

  done(scheduledEventId: number | undefined): void {
    this.#add({ activityTaskCompletedEventAttributes: { scheduledEventId } });
  }

  failed(scheduledEventId: number | undefined): void {
    this.#add({ activityTaskFailedEventAttributes: { scheduledEventId } });
  }

  get all(): Events {
    return this.events as Events;
  }
}

function payload(value: unknown) {
  return defaultPayloadConverter.toPayload(value);
}

const fates = (plan: ReturnType<typeof planReset>) =>
  Object.fromEntries(plan?.steps.map(({ step, fate }) => [step, fate]) ?? []);

function linear(): History {
  const history = new History();
  const [rows] = history.task('rows');
  history.done(rows);
  const [fit] = history.task('fit');
  history.done(fit);
  const [holdout] = history.task('holdout');
  history.failed(holdout);
  return history;
}

test('goes back to the workflow task before the step, and keeps what was done by then', () => {
  const plan = planReset(linear().all, 'holdout');
  expect(plan).toMatchObject({ eventId: 7, from: ['holdout'] });
  expect(fates(plan)).toEqual({ rows: 'reused', fit: 'reused', holdout: 'rerun' });
});

test('runs what comes after the step again', () => {
  const plan = planReset(linear().all, 'fit');
  expect(plan?.eventId).toBe(4);
  expect(plan?.steps.map(({ step, why }) => [step, why])).toEqual([
    ['rows', 'it was done before'],
    ['fit', 'it was asked for'],
    ['holdout', 'it comes after fit'],
  ]);
});

test('lists the steps there are when there is no such one', () => {
  expect(planReset(linear().all, 'nothing')).toBeNull();
  expect(stepsOf(linear().all)).toEqual(['rows', 'fit', 'holdout']);
});

test('of a job with several attempts goes back to the first', () => {
  const history = new History();
  const [first] = history.task('fit');
  history.failed(first);
  const [second] = history.task('fit');
  history.done(second);
  expect(planReset(history.all, 'fit')).toMatchObject({ eventId: 1, steps: [{ step: 'fit', fate: 'rerun' }] });
});

function branches(): History {
  const history = new History();
  const [rows] = history.task('rows');
  history.done(rows);
  const [ewr, jfk] = history.task('airport=EWR/fit', 'airport=JFK/fit');
  history.done(ewr);
  const [check] = history.task('airport=EWR/check');
  history.done(jfk);
  history.failed(check);
  return history;
}

test('knows one branch of a map by its path, and says what was under way beside it', () => {
  const plan = planReset(branches().all, 'airport=EWR/check');
  expect(plan?.steps).toEqual([
    { step: 'rows', fate: 'reused', why: 'it was done before' },
    { step: 'airport=EWR/fit', fate: 'reused', why: 'it was done before' },
    { step: 'airport=JFK/fit', fate: 'rerun', why: 'it was still under way when airport=EWR/check began' },
    { step: 'airport=EWR/check', fate: 'rerun', why: 'it was asked for' },
  ]);
});

test.each(['fit', 'airport', 'airport=JFK', 'airport=JFK/fit'])('begins all branches again from %s', (from) => {
  expect(planReset(branches().all, from)?.eventId).toBe(4);
});

test('knows a large map by its name', () => {
  const history = new History();
  history.task({ map: 'city' }, { map: 'city' });
  expect(planReset(history.all, 'city')).toMatchObject({ eventId: 1, from: ['city'] });
});

test('of a run that could be reset, knows every step once, where it began first', () => {
  const history = new History();
  const [first] = history.task('fit');
  history.failed(first);
  history.task('fit', 'beside');
  history.task('holdout');
  expect(resetPoints(history.all)).toEqual([
    { step: 'fit', eventId: 1 },
    { step: 'holdout', eventId: 7 },
  ]);
});

test('knows which children outlast a reset: those that had begun and not ended', () => {
  const started = (initiatedEventId: number, workflowId: string) => ({
    childWorkflowExecutionStartedEventAttributes: { initiatedEventId, workflowExecution: { workflowId } },
  });
  const events = [
    started(1, 'one'),
    started(2, 'two'),
    { childWorkflowExecutionCompletedEventAttributes: { initiatedEventId: 1 } },
    started(4, 'three'),
  ].map((event, i) => ({ eventId: i + 1, ...event })) as unknown as Events;
  expect(childrenUnderWay(events, 3)).toEqual(['one', 'two']);
  expect(childrenUnderWay(events, 4)).toEqual(['two']);
  expect(childrenUnderWay(events, 99)).toEqual(['two', 'three']);
});
