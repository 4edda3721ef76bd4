import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { waitFor } from './wait-for.ts';

describe('waiting for a condition', () => {
  it('goes on through looks that fail, and gives what was seen in the end', async () => {
    let looks = 0;
    const look = async () => {
      looks++;
      if (looks === 1) throw new Error('not yet');
      return looks > 2 && { looks };
    };
    expect(await waitFor('three looks', look, 60_000, 1)).toEqual({ looks: 3 });
  });

  it('ends with the last error of a look, though later ones saw something that does not do', async () => {
    let looks = 0;
    const look = async () => {
      if (++looks === 1) throw new Error('the server has no run', { cause: new Error('its disk is full') });
      return null;
    };
    const failure = waitFor('the run', look, 20, 1);
    await expect(failure).rejects.toThrow(/^the run did not come within 20 ms; last seen: null; last error: /);
    await expect(failure).rejects.toThrow('the server has no run');
    await expect(failure).rejects.toMatchObject({ cause: { message: 'the server has no run' } });
  });

  it('says of looks that never failed only what they saw', async () => {
    await expect(waitFor('the run', async () => false, 5, 1)).rejects.toThrow(/last seen: false$/);
    await expect(waitFor('the run', () => Promise.reject(new Error('no')), 5, 1)).rejects.toThrow(
      /seen: nothing; last/,
    );
  });

  it.each([
    ['a field of what is not there', () => (JSON.parse('{}') as { run: { id: string } }).run.id],
    ['a name that is not declared', () => new Function('return notDeclared')() as string],
  ])('fails at once for a mistake in the look itself: %s', async (_, mistaken) => {
    let looks = 0;
    const look = async () => {
      looks++;
      return mistaken();
    };
    await expect(waitFor('a run', look)).rejects.toThrow(
      /Cannot read properties of undefined|notDeclared is not defined/,
    );
    expect(looks).toBe(1);
  });

  it('fails at once where an assertion of the look does not hold, though a later look would have done', async () => {
    let looks = 0;
    const look = async () => {
      expect(++looks).not.toBe(1);
      return true;
    };
    await expect(waitFor('a second look', look)).rejects.toThrow('expected 1 not to be 1');
  });

  it('waits for a server that does not listen yet: the TypeError of fetch is no mistake', async () => {
    const server = createServer((_, res) => res.end('here'));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    await new Promise((done) => server.close(done));
    let failed = 0;
    const look = async () => {
      try {
        return await (await fetch(`http://127.0.0.1:${port}`)).text();
      } catch (error) {
        if (error instanceof TypeError && ++failed === 2) server.listen(port, '127.0.0.1');
        throw error;
      }
    };
    expect(await waitFor('the server', look, 60_000, 1)).toBe('here');
    expect(failed).toBeGreaterThanOrEqual(2);
    server.closeAllConnections();
    server.close();
  });
});
