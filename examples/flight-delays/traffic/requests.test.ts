import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeRequests } from './requests.ts';

const header =
  'year,month,day,dep_time,sched_dep_time,dep_delay,arr_time,sched_arr_time,arr_delay,carrier,flight,tailnum,origin,dest,air_time,distance,hour,minute,time_hour';
const flights = [
  '2013,1,1,517,515,2,830,819,11,UA,1545,N14228,EWR,IAH,227,1400,5,15,2013-01-01T10:00:00Z',
  '2013,9,30,NA,1159,NA,NA,1344,NA,MQ,3572,N511MQ,LGA,CLE,NA,419,11,59,2013-09-30T15:00:00Z',
];
let folder = '';
let csv = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-traffic-'));
  csv = join(folder, 'flights.csv');
  await writeFile(csv, `${[header, ...flights].join('\n')}\n`);
});
afterAll(() => rm(folder, { recursive: true }));

test('the same seed makes the same requests, another seed others', async () => {
  const first = await makeRequests({ csv, count: 50, seed: 3 });
  expect(first).toHaveLength(50);
  expect(await makeRequests({ csv, count: 50, seed: 3 })).toEqual(first);
  expect(await makeRequests({ csv, count: 50, seed: 4 })).not.toEqual(first);
});

test('a request asks about a real flight, by what is known when it leaves its gate', async () => {
  const [request] = await makeRequests({ csv, count: 1, airports: ['EWR'], askedEarly: 0 });
  expect(request?.dataframe_records[0]).toEqual({
    year: 2013,
    month: 1,
    day: 1,
    carrier: 'UA',
    origin: 'EWR',
    dest: 'IAH',
    sched_dep_time: 515,
    sched_arr_time: 819,
    distance: 1400,
    dep_delay: 2,
  });
});

test('a flight that was cancelled, or asked about before departure, has no departure delay', async () => {
  const [cancelled] = await makeRequests({ csv, count: 1, airports: ['LGA'], askedEarly: 0 });
  expect(cancelled?.dataframe_records[0]?.dep_delay).toBeNull();
  const early = await makeRequests({ csv, count: 20, airports: ['EWR'], askedEarly: 1 });
  expect(early.flatMap((request) => request.dataframe_records).every((flight) => flight.dep_delay === null)).toBe(true);
});

test('a file without the wanted airports, or without a column, is refused by name', async () => {
  await expect(makeRequests({ csv, count: 1, airports: ['BOS'] })).rejects.toThrow('no flights out of BOS');
  const cut = join(folder, 'cut.csv');
  await writeFile(cut, 'year,month\n2013,1\n');
  await expect(makeRequests({ csv: cut, count: 1 })).rejects.toThrow('no column day');
});
