import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { attachDatabases, connectionStrings } from './attach.ts';
import { duckDbError } from './duckdb-error.ts';
import { openDuckDb } from './duckdb-session.ts';

describe('connectionStrings', () => {
  it('takes URLs, libpq strings and names of environment variables', () => {
    const found = connectionStrings(
      { a: 'postgres://me@host/shop', b: 'host=db dbname=shop', c: 'env:SHOP_DB' },
      { SHOP_DB: 'postgresql://host/other' },
    );
    expect([...found]).toEqual([
      ['a', 'postgres://me@host/shop'],
      ['b', 'host=db dbname=shop'],
      ['c', 'postgresql://host/other'],
    ]);
  });

  it('refuses a variable that is not set, and what is no connection to Postgres, without showing it', () => {
    const refused = (value: string, environment = {}) => {
      try {
        connectionStrings({ shop: value }, environment);
      } catch (error) {
        return error;
      }
      return null;
    };
    expect(refused('env:SHOP_DB')).toMatchObject({
      code: 'InvalidConfig',
      where: 'attach.shop',
      message: expect.stringContaining('SHOP_DB'),
    });
    expect(refused('env:SHOP_DB', { SHOP_DB: 'hunter2' })).toMatchObject({ code: 'InvalidStep' });
    expect(JSON.stringify(refused('env:SHOP_DB', { SHOP_DB: 'hunter2' }))).not.toContain('hunter2');
    expect(refused('data/shop.sqlite')).toMatchObject({ code: 'InvalidStep' });
  });
});

describe('attachDatabases', () => {
  it('says which extension cannot be had and what to do, and does not show the password', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sluice-attach-'));
    const connections = connectionStrings({ shop: 'postgres://me:hunter2@127.0.0.1:1/shop' });
    const signal = new AbortController().signal;
    const session = await openDuckDb({
      root: folder,
      scratch: folder,
      memory: 2 ** 28,
      signal,
      secrets: [...connections.values()],
    });
    try {
      await session.rows(`SET extension_directory = '${folder}'`);
      await session.rows("SET custom_extension_repository = 'http://127.0.0.1:1'"); // nothing listens there
      const error = await attachDatabases(session, connections).catch((reason) => reason);
      expect(error).toMatchObject({
        code: 'Unreachable',
        permanent: false,
        where: 'attach',
        message: expect.stringContaining('cannot get its extension postgres_scanner'),
        fix: expect.stringContaining('extensions'),
      });
      expect(error.message).not.toContain('hunter2');
    } finally {
      session.close();
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe('openDuckDb', () => {
  it('refuses a project whose path has a comma, which DuckDB would take for two', async () => {
    const signal = new AbortController().signal;
    await expect(
      openDuckDb({ root: '/a,b', scratch: '/nowhere', memory: 2 ** 28, signal, secrets: [] }),
    ).rejects.toMatchObject({
      code: 'InvalidConfig',
      where: '/a,b',
    });
  });
});

describe('an error of DuckDB', () => {
  const root = '/project';
  const code = (message: string) => {
    const { code, permanent } = duckDbError(new Error(message), root);
    return [code, permanent];
  };

  it.each([
    ['Parser Error: syntax error at or near "x"', 'InvalidSql', true],
    ['Binder Error: Referenced column "x" not found', 'InvalidSql', true],
    ["Conversion Error: Could not convert string 'Connection refused' to INT32", 'InvalidSql', true],
    ['Invalid Input Error: missing ): No space left on device(', 'InvalidSql', true],
    ['IO Error: Could not write file "/tmp/x": No space left on device', 'StorageFull', false],
    [
      "Out of Memory Error: failed to offload data block of size 256.0 KiB.\nThis limit was set by the 'max_temp_directory_size' setting.",
      'StorageFull',
      false,
    ],
    ['Out of Memory Error: failed to allocate data of size 16.0 MiB', 'OutOfMemory', true],
    [
      'IO Error: Failed to download extension "postgres_scanner" at URL "http://x" (ERROR Could not establish connection)',
      'Unreachable',
      false,
    ],
    [
      'IO Error: Unable to connect to Postgres at "host=db": connection to server at "db" (10.0.0.1), port 5432 failed: Connection refused',
      'Unreachable',
      false,
    ],
    [
      'IO Error: Unable to connect to Postgres at "host=db": could not translate host name "db" to address: Name or service not known',
      'Unreachable',
      false,
    ],
    [
      'IO Error: Unable to connect to Postgres at "host=db": FATAL:  password authentication failed for user "me"',
      'Refused',
      true,
    ],
    ['IO Error: Unable to connect to Postgres at "host=db": FATAL:  database "shop" does not exist', 'Refused', true],
    ['IO Error: Cannot open file "data/x.csv": Permission denied', 'Refused', true],
    ['IO Error: Could not read from file "x": Input/output error', 'Internal', false],
  ])('%j is %s, permanent: %s', (message, expected, permanent) => {
    expect(code(message)).toEqual([expected, permanent]);
  });

  it('shows the line as the user wrote it', () => {
    const message = 'Conversion Error: no\n\nLINE 1: COPY (select name::int\n                          ^';
    expect(duckDbError(new Error(message), root).message).toBe(
      'Conversion Error: no\n\nLINE 1: select name::int\n                    ^',
    );
  });

  it('never shows a connection string or a password', () => {
    const secrets = ['postgres://me:p%40ss@db/shop', "host=db password='se cret' user=me", 'host=db password=hunter2'];
    const message = `IO Error: Unable to connect at "${secrets[0]}" with p@ss, p%40ss, se cret and hunter2: Connection refused`;
    const shown = JSON.stringify(duckDbError(new Error(message), root, secrets));
    expect(shown).toContain('***');
    for (const secret of ['p@ss', 'p%40ss', 'se cret', 'hunter2']) expect(shown).not.toContain(secret);
  });
});
