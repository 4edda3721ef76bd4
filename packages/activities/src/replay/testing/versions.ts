import { redactorOf } from '@sluice/sdk/redact';
import type { SupervisedServer } from '../../serving/supervised-server.ts';
import { type Random, seededRandom } from '../../statistics/random.ts';
import { comparisonOf } from '../answer-differences.ts';
import type { WholeRequest } from '../captured.ts';
import type { Entry } from '../diary.ts';
import { judgeReplay } from '../judge-replay.ts';
import { replayRequests } from '../replay-requests.ts';
import type { Sample } from '../sample.ts';
import type { Answer } from '../send.ts';
import type { Asked } from '../spool.ts';
import { waivedOf } from '../waived.ts';
import { inputOf } from './replay-stand.ts';

/** What a version answers to the request of a number, that it has been asked so many times before. */
export type Version = (random: Random, request: number, times: number) => unknown;

const differences = { as: 'warn', ignore: [], tolerate: [] } as const;
const model = { kind: 'model', uri: 'sluice:tree/0', digest: 'sha256:0', bytes: 0, step: 'train', keys: {} } as const;
const { spec } = inputOf(
  {
    ...model,
    mlflowRunId: null,
    metrics: {},
    lineage: { code: 'sha256:0', hyper: 'sha256:0', data: {}, parents: [] },
  },
  { differences },
);

export interface Trial {
  readonly seed?: number;
  readonly requests?: number;
  readonly kinds?: number;
  readonly confirm?: number;
  /** All copies have been asked for everything once. @default false */
  readonly again?: boolean;
  /** What attempts before this one have learned. @default nothing */
  readonly entries?: ReadonlyMap<number, Entry>;
}

/** Instead of sending: for tests that say so with `vi.mock`. */
export async function answerHere(server: SupervisedServer, request: WholeRequest): Promise<Answer> {
  return (server as unknown as { answer(request: WholeRequest): Answer }).answer(request);
}

/** A whole replay of two versions that answer in this process. */
export async function replayedBy(
  old: Version,
  fresh: Version,
  { seed = 0, requests = 300, kinds = 1, confirm = 3, again = false, entries = new Map() }: Trial = {},
) {
  const copy = (name: string, version: Version) => {
    const random = seededRandom(`${name} ${seed}`);
    const asked = new Map<number, number>();
    const answer = ({ at }: WholeRequest): Answer => {
      const times = asked.get(at) ?? (again ? 1 : 0);
      asked.set(at, times + 1);
      return { status: 200, body: Buffer.from(JSON.stringify(version(random, at, times))), problem: null };
    };
    return { answer } as unknown as SupervisedServer;
  };
  const asked = Array.from({ length: requests }, (_, i): Asked => {
    const kind = { route: 'POST /invocations', inputClass: `{kind${i % kinds}: number}` };
    return {
      id: `r${i}`,
      at: i,
      method: 'POST',
      path: '/',
      status: 200,
      ...kind,
      offset: 0,
      headBytes: 0,
      bodyBytes: 2,
    };
  });
  const notes: { place: number; entry: Entry }[] = [];
  const all = await replayRequests(asked, {
    old: copy('old', old),
    fresh: copy('new', fresh),
    second: { server: copy('second', old), comparison: comparisonOf(differences) },
    spool: { read: (one: Asked) => ({ ...one, headers: {}, body: Buffer.from('{}') }) } as never,
    diary: { entries, note: (place, entry) => notes.push({ place, entry }) },
    ...{ pace: null, confirm, deadline: 1000, redactor: redactorOf({}) },
    scope: { signal: new AbortController().signal, heartbeat: () => {} },
  });
  const sample: Sample = {
    ...{ strata: [], chosen: [], captured: requests, failedThen: 0, withoutBody: 0, malformed: 0, withoutSpace: 0 },
  };
  return { all, notes, ...judgeReplay(sample, all, spec, waivedOf(all, [], 0)) };
}
