import { expect, test } from 'vitest';
import { metricBuffer } from './metric-buffer.ts';

const curve = (name: string, from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => ({ name, value: 1, step: from + index, time: 1 }));

test('values leave the buffer only once they are sent', () => {
  const buffer = metricBuffer(100);
  buffer.add(curve('loss', 0, 10));
  const first = buffer.first(4);
  expect(buffer.length).toBe(10);
  buffer.taken(first);
  expect(buffer.first(1)[0]?.step).toBe(4);
});

test('a full buffer keeps the shape of every curve at half the resolution, the newest value included', () => {
  const buffer = metricBuffer(100);
  buffer.add([...curve('loss', 0, 80), ...curve('rare', 0, 3)]);
  buffer.add(curve('loss', 80, 120));
  const steps = buffer
    .all()
    .filter(({ name }) => name === 'loss')
    .map(({ step }) => step);
  expect(steps).toEqual(Array.from({ length: 60 }, (_, index) => index * 2 + 1));
  expect(
    buffer
      .all()
      .filter(({ name }) => name === 'rare')
      .map(({ step }) => step),
  ).toEqual([0, 2]);
  expect(buffer.thinned).toBe(61);
});

test('values that are sent while the buffer is thinned are not sent again', () => {
  const buffer = metricBuffer(10);
  buffer.add(curve('loss', 0, 10));
  const sending = buffer.first(4);
  buffer.add(curve('loss', 10, 12));
  buffer.taken(sending);
  expect(buffer.all().every(({ step }) => step >= 4)).toBe(true);
});

test('more metrics than there is room for do not grow without end', () => {
  const buffer = metricBuffer(10);
  buffer.add(Array.from({ length: 1000 }, (_, index) => ({ name: `m${index}`, value: 1, step: 0, time: 1 })));
  expect(buffer.length).toBeLessThanOrEqual(10);
});
