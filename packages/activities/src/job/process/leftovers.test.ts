import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ATTEMPT_ID, newAttemptId, type Owner, ownerAlive, ownerName, ownerNameOf, parseOwner } from './attempt-id.ts';
import { cleanWork, killLeftovers } from './leftovers.ts';
import { holdsOwner } from './owner-lock.ts';

vi.setConfig({ testTimeout: 60_000 });
vi.setConfig({ hookTimeout: 60_000 });
let stateDir: string;
let worker: ChildProcess | null = null;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'sluice-worker-'));
});
afterEach(async () => {
  worker?.kill('SIGKILL');
  worker = null;
  await rm(stateDir, { recursive: true, force: true });
});

/** Starts a worker whose trainer writes its pids to a file. @returns those pids, the leader's first */
async function startWorker(text: string): Promise<number[]> {
  const pids = join(stateDir, 'pids');
  const child = join(import.meta.dirname, '..', 'testing', 'worker-child.ts');
  worker = spawn(process.execPath, [child, stateDir, `echo $$ >${pids}; ${text}`], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return await vi.waitFor(
    async () => {
      const lines = (await readFile(pids, 'utf8')).trim().split('\n');
      expect(lines).toHaveLength(2);
      return lines.map(Number);
    },
    { timeout: 30_000 },
  );
}

const kill = (child: ChildProcess | null) =>
  new Promise<void>((done) => {
    child?.once('exit', () => done());
    child?.kill('SIGKILL');
  });

/** An attempt's id as another worker would make it. */
function idOf(over: Partial<Owner>): string {
  const own = parseOwner(ownerName());
  if (own === null) throw new Error('this process has no name');
  const { boot, namespace, pid, started } = { ...own, ...over };
  return `${[boot, namespace, pid, started].join('-')}-01234567`;
}

/** A zombie is dead, whoever forgets to collect it. */
function alive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

test('a trainer dies with its worker, even by SIGKILL, with all of its group, and the next worker finds what is left', async () => {
  const [leader = 0, helper = 0] = await startWorker(
    `sleep 600 & echo $! >${join(stateDir, 'near')}; setsid sleep 600 & echo $! >>${join(stateDir, 'pids')}; wait`,
  );
  const near = Number(await readFile(join(stateDir, 'near'), 'utf8'));
  expect([alive(leader), alive(helper)]).toEqual([true, true]);
  expect(await killLeftovers()).toEqual([]); // its worker lives
  await cleanWork({ stateDir });
  expect(await readdir(join(stateDir, 'work'))).toHaveLength(1);

  await kill(worker);
  await vi.waitFor(() => expect([alive(leader), alive(near)]).toEqual([false, false]));
  expect(alive(helper)).toBe(true); // it has left the group
  await cleanWork({ stateDir });
  await vi.waitFor(() => expect(alive(helper)).toBe(false));
  expect(await readdir(join(stateDir, 'work'))).toEqual([]);
});

test('directories that a dead worker kept for later are removed, and those of a living one are not', async () => {
  const id = newAttemptId();
  const dead = idOf({ pid: 2 ** 22 + 1 });
  for (const name of [id, dead]) await mkdir(join(stateDir, 'spare', name, 'output'), { recursive: true });
  await cleanWork({ stateDir });
  expect(await readdir(join(stateDir, 'spare'))).toEqual([id]);
});

test('an id tells whether its worker lives', () => {
  const id = newAttemptId();
  expect(ownerAlive(id)).toBe(true);
  expect(ownerAlive(idOf({ pid: 2 ** 22 + 1 }))).toBe(false); // no such pid
  expect(ownerAlive(idOf({ started: Number(id.split('-')[3]) - 1 }))).toBe(false); // the pid came back
  expect(ownerAlive(idOf({ boot: '00000000' }))).toBeNull(); // another machine than this one
  expect(ownerAlive(idOf({ namespace: '4026000000' }))).toBeNull(); // another container
  expect(ownerAlive('notes')).toBeNull();
});

test('what a worker in another container uses is removed once that has let go of its file, and not before', async () => {
  // Its process is not to be seen from here, so any pid will do.
  const other = idOf({ namespace: '4026000000', pid: 2 ** 22 + 1 });
  const unknown = idOf({ namespace: '4026000001', pid: 2 ** 22 + 1 });
  for (const id of [other, unknown]) await mkdir(join(stateDir, 'work', id), { recursive: true });
  const file = join(stateDir, 'workers', ownerNameOf(other) ?? '');
  await mkdir(join(stateDir, 'workers'));
  worker = spawn('flock', [file, 'sh', '-c', 'echo locked; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  await new Promise((done) => worker?.stdout?.once('data', done));
  await cleanWork({ stateDir });
  expect((await readdir(join(stateDir, 'work'))).sort()).toEqual([other, unknown].sort());

  process.kill(-(worker.pid ?? 0), 'SIGKILL');
  await vi.waitFor(async () => {
    await cleanWork({ stateDir });
    expect(await readdir(join(stateDir, 'work'))).toEqual([unknown]);
  });
  expect(await readdir(join(stateDir, 'workers'))).toEqual([ownerNameOf(newAttemptId())]);
});

test('what a worker of another machine used is removed after a day without a sign of it', async () => {
  const [late, live] = [idOf({ boot: '00000000' }), idOf({ boot: '00000001' })];
  await mkdir(join(stateDir, 'workers'), { recursive: true });
  for (const id of [late, live]) {
    await mkdir(join(stateDir, 'work', id), { recursive: true });
    await writeFile(join(stateDir, 'workers', ownerNameOf(id) ?? ''), '');
  }
  const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000);
  await utimes(join(stateDir, 'workers', ownerNameOf(late) ?? ''), twoDaysAgo, twoDaysAgo);
  await cleanWork({ stateDir });
  expect(await readdir(join(stateDir, 'work'))).toEqual([live]);
});

test('a worker holds its own file, so that others can tell that it lives', async () => {
  await cleanWork({ stateDir });
  expect(await holdsOwner(stateDir, ownerName())).toBe(true);
  expect(await holdsOwner(stateDir, ownerNameOf(idOf({ namespace: '1' })) ?? '')).toBeNull();
});

test('processes of a worker in another container are left alone', async () => {
  const id = idOf({ namespace: '4026000000', pid: 2 ** 22 + 1 });
  const child = spawn('sleep', ['600'], { env: { ...process.env, [ATTEMPT_ID]: id }, stdio: 'ignore' });
  await new Promise((done) => child.once('spawn', done));
  expect(await killLeftovers()).not.toContain(child.pid);
  expect(alive(child.pid ?? 0)).toBe(true);
  child.kill('SIGKILL');
});

test('cleaning leaves alone what it does not know', async () => {
  await mkdir(join(stateDir, 'work', 'notes'), { recursive: true });
  await cleanWork({ stateDir });
  expect(await readdir(join(stateDir, 'work'))).toEqual(['notes']);
});

test('processes of another attempt are left alone', async () => {
  const mine = newAttemptId();
  const child = spawn('sleep', ['600'], { env: { ...process.env, [ATTEMPT_ID]: mine }, stdio: 'ignore' });
  await new Promise((done) => child.once('spawn', done));
  expect(await killLeftovers(newAttemptId())).toEqual([]);
  expect(
    await vi.waitFor(async () => {
      const pids = await killLeftovers(mine);
      expect(pids).toHaveLength(1);
      return pids;
    }),
  ).toEqual([child.pid]);
});
