import { VALUE_LIMIT } from '@sluice/sdk';
import { expect, it } from 'vitest';
import { bytesOf, checkHistory, checkValue } from './size.ts';

it('counts bytes as they are sent, not characters', () => {
  expect(bytesOf({ city: 'Ürümqi' })).toBe(Buffer.byteLength('{"city":"Ürümqi"}'));
  expect(bytesOf(undefined)).toBe(0);
  expect(bytesOf(null)).toBe(4);
});

it('takes bytes for bytes, and leaves what is no JSON to whoever has to send it', () => {
  expect(bytesOf(new Uint8Array(3_000_000))).toBe(3_000_000);
  expect(bytesOf({ count: 1n })).toBe(0);
});

it('measures what is handed to many children once', () => {
  let reads = 0;
  const big = {
    get text() {
      reads++;
      return 'x'.repeat(200_000);
    },
  };
  expect(bytesOf(big)).toBe(bytesOf(big));
  expect(reads).toBe(1);
});

it('lets 64 MiB pass and refuses more, naming step and size', () => {
  expect(() => checkValue('what it returns', 'all', VALUE_LIMIT)).not.toThrow();
  expect(() => checkValue('all: the input of the activity merge', 'all', 70_000_000)).toThrow(
    'all: the input of the activity merge has 70.0 MB; 67.1 MB are the most that a run passes on.',
  );
});

it('refuses a step before Temporal would terminate its run for its history', () => {
  expect(() => checkHistory('all', { events: 45_999, bytes: 39_000_000 })).not.toThrow();
  expect(() => checkHistory('city=k9/work', { events: 46_000, bytes: 12_300_000 })).toThrow(
    'city=k9/work: the history of this run has 46000 events and 12.3 MB, and Temporal ends a run at 51200 events or 50 MB.',
  );
  expect(() => checkHistory('all', { events: 100, bytes: 40_000_000 })).toThrow(/40\.0 MB/);
});
