import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { copyAndDigest } from './file-bytes.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-bytes-'));
});
afterEach(() => rm(folder, { recursive: true }));

const mebibyte = 1024 * 1024;

describe('a copy that is hashed while it is made', () => {
  it.each([0, 1, 4 * mebibyte, 16 * mebibyte - 1, 16 * mebibyte, 50 * mebibyte + 7])(
    'of %i bytes holds the same bytes, and has their digest',
    async (length) => {
      const [from, to] = [join(folder, 'from'), join(folder, 'to')];
      const bytes = randomBytes(length);
      await writeFile(from, bytes);
      const digested = await copyAndDigest(from, to, 0o440, true);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      expect(digested).toEqual({ sha256, bytes: length, blocks: [], changed: false });
      expect(bytes.equals(await readFile(to))).toBe(true);
      expect((await stat(to)).mode & 0o777).toBe(0o440);
    },
  );

  it.each([1, 20 * mebibyte])('of %i bytes never overwrites what is there', async (length) => {
    const [from, to] = [join(folder, 'from'), join(folder, 'to')];
    await writeFile(from, randomBytes(length));
    await writeFile(to, 'mine');
    await chmod(to, 0o644);
    await expect(copyAndDigest(from, to, 0o600, false)).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await readFile(to, 'utf8')).toBe('mine');
    expect((await stat(to)).mode & 0o777).toBe(0o644);
  });

  it('into a folder that is not there fails, and does not wait for it', async () => {
    const from = join(folder, 'from');
    await writeFile(from, randomBytes(20 * mebibyte));
    await expect(copyAndDigest(from, join(folder, 'gone', 'to'), 0o600, true)).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });
});
