import { type ChildProcess, execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fileStore } from './file-store.ts';

let folder: string;
const children = new Set<ChildProcess>();

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-file-store-'));
});

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children.clear();
  await rm(folder, { recursive: true, force: true });
});

interface Ended {
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs one of the programs in `testing/` to its end. */
function run(program: string, ...args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      process.execPath,
      [join(import.meta.dirname, 'testing', program), ...args],
      (error, stdout, stderr) => {
        children.delete(child);
        resolve({ signal: error?.signal ?? null, stdout, stderr });
      },
    );
    children.add(child);
  });
}

async function checkpointFolder(): Promise<string> {
  const path = join(folder, 'checkpoint');
  await mkdir(join(path, 'optimizer'), { recursive: true });
  await writeFile(join(path, 'weights.bin'), Buffer.alloc(1_100_000, 3));
  await writeFile(join(path, 'optimizer', 'state.json'), '{"step":1200}');
  return path;
}

/** All entries below a folder. */
async function everythingBelow(path: string): Promise<string[]> {
  return await readdir(path, { recursive: true }).catch(() => []);
}

describe('a file store whose process is killed', () => {
  it('has either the whole tree or nothing of it after SIGKILL at any write, and takes it the next time', async () => {
    const directory = await checkpointFolder();
    const whole = await run('put-tree.ts', join(folder, 'twin'), directory, '0');
    const { artifact, steps } = JSON.parse(whole.stdout);
    expect(steps).toBeGreaterThan(10);
    for (let step = 1; step <= steps; step++) {
      const root = join(folder, `killed-${step}`);
      const ended = await run('put-tree.ts', root, directory, String(step));
      expect(ended).toMatchObject({ signal: 'SIGKILL', stdout: '' });

      const store = fileStore(root);
      await expect(store.fetch(artifact, join(folder, `half-${step}`))).rejects.toMatchObject({ code: 'NotFound' });
      expect(await store.verify(artifact, 'digests')).toContain('not there');

      expect(await store.putTree(directory, 'checkpoint', 'line')).toEqual(artifact);
      expect(await store.verify(artifact, 'digests')).toBeNull();
      await store.fetch(artifact, join(folder, `whole-${step}`));
      await store.discard([artifact], [], 'line');
      expect(await everythingBelow(join(root, 'trees'))).toEqual([]);
      expect(await everythingBelow(join(root, 'holders'))).toEqual([]);
    }
  }, 120_000);

  it('gives two processes that put one tree at once the same artifact, whole', async () => {
    const directory = await checkpointFolder();
    const root = join(folder, 'store');
    const ended = await Promise.all([1, 2, 3].map(() => run('put-tree.ts', root, directory, '0')));
    const artifacts = ended.map(({ stdout }) => JSON.parse(stdout).artifact);
    expect(new Set(artifacts.map(({ digest }) => digest)).size).toBe(1);
    expect(await fileStore(root).verify(artifacts[0], 'digests')).toBeNull();
    expect(await readdir(join(root, 'tmp'))).toEqual([]);
  });
});

describe('a pointer in a file store', () => {
  it('counts every success of several processes that swap it at once', async () => {
    const root = join(folder, 'store');
    const ended = await Promise.all(
      [1, 2, 3, 4].map(() => run('swap-pointer.ts', root, 'rollouts/flight delays', '50')),
    );
    expect(ended.map(({ stderr }) => stderr)).toEqual(['', '', '', '']);
    expect((await fileStore(root).readPointer('rollouts/flight delays'))?.value).toBe('200');
    expect(await readdir(join(root, 'tmp'))).toEqual([]);
  }, 30_000);

  it('keeps 16 versions once the older ones are a day old', async () => {
    const root = join(folder, 'store');
    const store = fileStore(root);
    let version: string | null = null;
    for (let n = 1; n <= 30; n++) version = await store.swapPointer('line', version, String(n));
    const versions = join(root, 'pointers', 'line');
    expect(await readdir(versions)).toHaveLength(30);
    const old = Date.now() / 1000 - 25 * 3600;
    for (const name of await readdir(versions)) await utimes(join(versions, name), old, old);
    await store.swapPointer('line', version, '31');
    expect(await readdir(versions)).toHaveLength(16);
    expect(await store.readPointer('line')).toEqual({ value: '31', version: '31' });
  });

  it('lets a writer lose that slept between its look and its link, also when its number is free again', async () => {
    const root = join(folder, 'store');
    const store = fileStore(root);
    const versions = join(root, 'pointers', 'line');
    for (const sleepMs of [0, 20 * 3600_000]) {
      const start = await store.readPointer('line');
      let wake = () => {};
      const asleep = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const sleeper = fileStore(root, {
        async onWrite(what) {
          if (what.startsWith('link')) await asleep;
        },
      });
      const late = sleeper.swapPointer('line', start?.version ?? null, 'late');
      let version = start?.version ?? null;
      for (let n = 0; n < 20; n++) version = await store.swapPointer('line', version, `${n}`);
      if (sleepMs > 0) {
        for (const name of (await readdir(versions)).sort().slice(0, -16)) await rm(join(versions, name));
        vi.spyOn(Date, 'now').mockReturnValue(Date.now() + sleepMs);
      }
      wake();
      expect(await late).toBeNull();
      vi.restoreAllMocks();
      expect(await store.readPointer('line')).toEqual({ value: '19', version });
      expect(await readdir(join(root, 'tmp'))).toEqual([]);
    }
  });

  it('reads the newest whole version after a writer was killed before it linked its own', async () => {
    const root = join(folder, 'store');
    const store = fileStore(root);
    await store.swapPointer('line', null, 'one');
    const dying = fileStore(root, {
      onWrite(what) {
        if (what.startsWith('link')) throw new Error('killed');
      },
    });
    await expect(dying.swapPointer('line', '1', 'two')).rejects.toThrow('killed');
    expect(await store.readPointer('line')).toEqual({ value: 'one', version: '1' });
    expect(await store.swapPointer('line', '1', 'three')).toBe('2');
  });
});

describe('a file store with damage', () => {
  it('refuses bytes that are not the ones of the digest, and is mended by storing them again', async () => {
    const root = join(folder, 'store');
    const store = fileStore(root);
    const directory = await checkpointFolder();
    const tree = await store.putTree(directory, 'checkpoint');
    const [file = ''] = (await readdir(join(store.locate(tree), 'files'))).sort();
    const path = join(store.locate(tree), 'files', file);
    const bytes = await readFile(path);
    const damaged = Buffer.from(bytes);
    damaged[0] = (damaged[0] ?? 0) ^ 1;
    await replace(path, damaged);
    expect(await store.verify(tree, 'sizes')).toBeNull();
    expect(await store.verify(tree, 'digests')).toContain('digest');
    await expect(store.fetch(tree, join(folder, 'out'))).rejects.toMatchObject({ code: 'Corrupt' });
    expect(await everythingBelow(join(folder, 'out'))).toEqual([]);

    expect(await store.putTree(directory, 'checkpoint')).toEqual(tree);
    expect(await store.verify(tree, 'digests')).toBeNull();

    await replace(path, bytes.subarray(1));
    expect(await store.verify(tree, 'sizes')).toContain('bytes instead of');
    expect(await store.putTree(directory, 'checkpoint')).toEqual(tree);
    expect(await store.verify(tree, 'digests')).toBeNull();
  });

  it('refuses a manifest that was written by somebody else', async () => {
    const store = fileStore(join(folder, 'store'));
    const tree = await store.putTree(await checkpointFolder(), 'model');
    await replace(join(store.locate(tree), 'manifest.json'), '{"files":[]}');
    await expect(store.fetch(tree, join(folder, 'out'))).rejects.toMatchObject({ code: 'Corrupt' });
    expect(await store.verify(tree, 'sizes')).toContain('list of files');
  });

  it('mends a damaged blob by storing it again', async () => {
    const store = fileStore(join(folder, 'store'));
    const blob = await store.putText('whole', 'report');
    await replace(store.locate(blob), 'Whole');
    await expect(store.getText(blob)).rejects.toMatchObject({ code: 'Corrupt' });
    await expect(store.fetch(blob, join(folder, 'out'))).rejects.toMatchObject({ code: 'Corrupt' });
    await store.putText('whole', 'report');
    expect(await store.getText(blob)).toBe('whole');
  });
});

describe('a big file', () => {
  it('is stored, compared and fetched without the thread that everything else runs in', async () => {
    const path = join(folder, 'big');
    const bytes = Buffer.alloc(128 * 1024 * 1024, 7);
    await writeFile(path, bytes);
    const before = process.threadCpuUsage();
    createHash('sha256').update(bytes).digest();
    const hashed = process.threadCpuUsage(before);
    const store = fileStore(join(folder, 'store'));
    const start = process.threadCpuUsage();
    const blob = await store.putFile(path, 'checkpoint');
    expect(await store.verify(blob, 'digests')).toBeNull();
    await store.fetch(blob, join(folder, 'fetched'));
    const spent = process.threadCpuUsage(start);
    expect(spent.user + spent.system).toBeLessThan((hashed.user + hashed.system) / 2);
  });
});

describe('a file that its writer has not finished', () => {
  it('is refused when it grows while it is stored, and nothing of it is there', async () => {
    const directory = await checkpointFolder();
    const root = join(folder, 'store');
    const store = fileStore(root, {
      async onWrite(what) {
        if (what.startsWith('write')) await appendFile(join(directory, 'weights.bin'), 'more');
      },
    });
    await expect(store.putTree(directory, 'checkpoint')).rejects.toMatchObject({ code: 'Corrupt', permanent: false });
    expect(await everythingBelow(join(root, 'trees'))).toEqual([]);
  });

  it('does not change what is stored when it is written to afterwards', async () => {
    const store = fileStore(join(folder, 'store'));
    const path = join(folder, 'growing');
    await writeFile(path, Buffer.alloc(3_000_000, 1));
    const blob = await store.putFile(path, 'checkpoint');
    await appendFile(path, 'more');
    await writeFile(path, Buffer.alloc(3_000_000, 2));
    expect(await store.verify(blob, 'digests')).toBeNull();
  });
});

describe('a file store on a disk that is full', () => {
  it('says StorageFull, that a later try may help, and leaves nothing behind', async () => {
    const root = join(folder, 'store');
    const full = fileStore(root, {
      onWrite(what) {
        if (what.startsWith('write')) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      },
    });
    const expected = { code: 'StorageFull', permanent: false };
    await expect(full.putText('x', 'report')).rejects.toMatchObject(expected);
    await expect(full.putTree(await checkpointFolder(), 'checkpoint')).rejects.toMatchObject(expected);
    await expect(full.swapPointer('line', null, 'x')).rejects.toMatchObject(expected);
    expect(await everythingBelow(join(root, 'tmp'))).toEqual([]);
    expect(await everythingBelow(join(root, 'trees'))).toEqual([]);
    expect(await fileStore(root).readPointer('line')).toBeNull();
  });
});

describe('a file store that is opened', () => {
  it('removes what was left unfinished a day ago, and nothing that is being written', async () => {
    const root = join(folder, 'store');
    await mkdir(join(root, 'tmp', 'draft-old', 'files'), { recursive: true });
    await mkdir(join(root, 'tmp', 'draft-busy', 'files'), { recursive: true });
    await writeFile(join(root, 'tmp', 'draft-old', 'files', 'part-0'), 'x');
    await writeFile(join(root, 'tmp', 'draft-busy', 'files', 'part-0'), 'x');
    const old = Date.now() / 1000 - 25 * 3600;
    for (const path of ['draft-old/files/part-0', 'draft-old/files', 'draft-old', 'draft-busy/files', 'draft-busy']) {
      await utimes(join(root, 'tmp', path), old, old);
    }
    fileStore(root);
    await expect.poll(() => readdir(join(root, 'tmp'))).toEqual(['draft-busy']);
  });

  it('puts back an artifact that was moved away by a process that died before it saw a holder', async () => {
    const root = join(folder, 'store');
    const store = fileStore(root);
    const tree = await store.putTree(await checkpointFolder(), 'checkpoint', 'line');
    const hex = tree.digest.slice(7);
    await rename(store.locate(tree), join(root, 'tmp', `trash-tree-${hex}-1`));
    expect(await store.verify(tree, 'sizes')).toContain('not there');
    await expect.poll(() => fileStore(root).verify(tree, 'digests')).toBeNull();
  });

  it('keeps stored bytes read-only and fetched ones writable', async () => {
    const store = fileStore(join(folder, 'store'));
    const blob = await store.putText('x', 'report');
    await store.fetch(blob, join(folder, 'out'));
    expect((await stat(store.locate(blob))).mode & 0o777).toBe(0o444);
    expect((await stat(join(folder, 'out'))).mode & 0o200).toBe(0o200);
    expect((await stat(join(folder, 'out'))).nlink).toBe(1);
  });
});

/** Writes over a file that is read-only. */
async function replace(path: string, bytes: string | Buffer): Promise<void> {
  await rm(path);
  await writeFile(path, bytes);
}
