import { expect, test } from 'vitest';
import { type EndingFacts, judgeEnding } from './ending.ts';
import type { StopKind } from './stop.ts';

const facts = (over: Partial<EndingFacts>): EndingFacts => ({
  exit: { code: 0, signal: null },
  stop: null,
  tail: [],
  killedForMemory: false,
  saidDone: false,
  ...over,
});
const exited = (code: number) => ({ exit: { code, signal: null } });
const killed = (signal: NodeJS.Signals) => ({ exit: { code: null, signal } });
const stopped = (kind: StopKind) => ({ stop: { kind, why: 'why', killAt: 0, commitUntil: 0 } });

const cases: readonly [says: string, facts: Partial<EndingFacts>, code: string][] = [
  ['exit 75 asks to be resumed', exited(75), 'Preempted'],
  ['a kill that nobody explains is a preemption', killed('SIGKILL'), 'Preempted'],
  ['so is a SIGTERM from outside', killed('SIGTERM'), 'Preempted'],
  [
    'a kill while the kernel killed for memory is memory',
    { ...killed('SIGKILL'), killedForMemory: true },
    'OutOfMemory',
  ],
  ['so it is behind a shell', { ...exited(137), killedForMemory: true }, 'OutOfMemory'],
  [
    'a kill is a preemption, also where the trainer has handled a lack of memory just before',
    { ...killed('SIGKILL'), tail: ['CUDA out of memory. Tried to allocate 20.00 MiB.', 'halving the batch to 32'] },
    'Preempted',
  ],
  [
    'so is a SIGTERM from outside then',
    { ...killed('SIGTERM'), tail: ['MemoryError: handled', 'step 12'] },
    'Preempted',
  ],
  [
    'a crash for lack of memory is memory',
    { ...killed('SIGABRT'), tail: ["terminate called after throwing an instance of 'std::bad_alloc'"] },
    'OutOfMemory',
  ],
  [
    'a full disk is nobody’s fault',
    { ...exited(1), tail: ['Traceback …', 'OSError: [Errno 28] No space left on device'] },
    'StorageFull',
  ],
  [
    'a full disk that was handled is not why it ended',
    { ...exited(1), tail: ['No space left on device: skipping the cache', 'ValueError: x'] },
    'TrainerFailed',
  ],
  ['137 alone is the program’s own', exited(137), 'TrainerFailed'],
  [
    '137 after a lack of memory that was handled is too',
    { ...exited(137), tail: ['CUDA out of memory, halving the batch'] },
    'TrainerFailed',
  ],
  ['a crash is the program’s own', killed('SIGSEGV'), 'TrainerFailed'],
  ['an exit after SIGTERM for a preemption is one', { ...exited(1), ...stopped('preempted') }, 'Preempted'],
  ['exit 0 without a result after SIGTERM is a preemption', { ...exited(0), ...stopped('shutdown') }, 'Preempted'],
  ['a hang stays a hang', { ...killed('SIGKILL'), ...stopped('stalled') }, 'TrainerStalled'],
  ['time that ran out is the budget’s', { ...exited(75), ...stopped('timeout') }, 'BudgetSpent'],
  ['an outdated attempt is fenced', { ...exited(0), saidDone: true, ...stopped('fenced') }, 'Fenced'],
  [
    'CUDA’s memory is memory',
    { ...exited(1), tail: ['torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 20.00 MiB.', ''] },
    'OutOfMemory',
  ],
  [
    'memory that ran out long before the end is not why it ended',
    { ...exited(1), tail: ['CUDA out of memory, trying a smaller batch', ...Array(20).fill('step'), 'ValueError: x'] },
    'TrainerFailed',
  ],
];
for (const [says, over, code] of cases) {
  test(says, () => expect(judgeEnding(facts(over))).toMatchObject({ kind: 'failed', code }));
}

test('exit 0 is done, also after SIGTERM once the trainer has said so', () => {
  expect(judgeEnding(facts({}))).toEqual({ kind: 'done' });
  expect(judgeEnding(facts({ ...stopped('preempted'), saidDone: true }))).toEqual({ kind: 'done' });
});

test('a cancelled run is cancelled, however the trainer ended', () => {
  expect(judgeEnding(facts({ ...exited(1), ...stopped('cancelled') }))).toEqual({ kind: 'cancelled' });
});

test('the last words of the program are in the message', () => {
  expect(judgeEnding(facts({ ...exited(2), tail: ['Traceback', 'ValueError: no', ''] }))).toMatchObject({
    what: 'The trainer exited with code 2: ValueError: no',
  });
});
