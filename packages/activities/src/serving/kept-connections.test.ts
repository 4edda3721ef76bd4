import net, { type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exchange } from './http-exchange.ts';
import { type KeptConnections, keptConnections } from './kept-connections.ts';

let server: net.Server;
let url: string;
let connections: KeptConnections;
let cancel: AbortController;
/** What is answered to each request on a connection, piece by piece; null ends it. */
let answer: (asked: string, count: number) => readonly (string | Buffer | null)[];
let asked: string[];
let sockets: Set<net.Socket>;

beforeEach(async () => {
  asked = [];
  sockets = new Set();
  cancel = new AbortController();
  server = net.createServer((socket) => {
    sockets.add(socket);
    let text = '';
    let count = 0;
    socket.on('error', () => {});
    socket.on('data', async (part) => {
      text += part.toString('latin1');
      const head = text.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0);
      if (head === -1 || text.length < head + 4 + length) return;
      const whole = text;
      text = '';
      asked.push(whole);
      for (const piece of answer(whole, count++)) {
        if (piece === null) socket.destroy();
        else if (piece === 'reset') socket.resetAndDestroy();
        else socket.write(piece);
        await new Promise((go) => setImmediate(go));
      }
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  connections = keptConnections(cancel.signal);
});
afterEach(() => {
  connections.close();
  for (const socket of sockets) socket.destroy();
  server.close();
});

const ok = (body: string, more = '') =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${more}\r\n${body}`;
const post = { method: 'POST', timeout: 10_000, body: '{"x":1}' };

describe('connections that are used again', () => {
  test('carry one request after another, whole and byte for byte', async () => {
    answer = () => [ok('{"é":"東"}')];
    for (let i = 0; i < 3; i += 1) {
      const body = Buffer.from([0xff, 0, 0xc3, 0xa9, i]);
      const said = await connections.exchange({ ...post, url: `${url}/a?b=${i}`, headers: { 'x-a': 'ü' }, body });
      expect([said.status, said.body.toString('utf8')]).toEqual([200, '{"é":"東"}']);
      expect(asked[i]).toContain(`POST /a?b=${i} HTTP/1.1\r\n`);
      expect(asked[i]?.endsWith(body.toString('latin1'))).toBe(true);
    }
    // One that has just been answered may not be free again yet.
    expect(sockets.size).toBeLessThanOrEqual(2);
  });

  test.each([
    ['in pieces', () => [...ok('{"a":"bcd"}')]],
    ['without a body', () => ['HTTP/1.1 204 No Content\r\n\r\n']],
    ['that is empty', () => [ok('')]],
    ['of a failure', () => ['HTTP/1.1 503 \r\ncontent-length: 4\r\n\r\nbusy']],
    ['in chunks', () => ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n']],
    [
      'in chunks that come in pieces',
      () => [...'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nA;x=y\r\n0123456789\r\n2\r\n\r\n\r\n0\r\n\r\n'],
    ],
    ['after an interim one', () => [`HTTP/1.1 103 Early Hints\r\n\r\n${ok('late')}`]],
    ['of an old server', () => ['HTTP/1.0 200 OK\r\n\r\nuntil the end', null]],
    ['that ends the connection', () => [ok('last', 'Connection: close\r\n'), null]],
  ])('read an answer %s as Node does', async (_, pieces) => {
    answer = pieces;
    const request = { ...post, url: `${url}/` };
    const expected = await exchange(request);
    for (let i = 0; i < 2; i += 1) {
      const { status, body } = await connections.exchange(request);
      expect([status, body.toString()]).toEqual([expected.status, expected.body.toString()]);
    }
  });

  test('send the path as it came, which a URL would make another one of', async () => {
    answer = () => [ok('there')];
    await connections.exchange({ ...post, url: `${url}/a/../b//c?d=%7E&e='f'` });
    expect(asked[0]).toContain(`POST /a/../b//c?d=%7E&e='f' HTTP/1.1\r\n`);
  });

  test('read trailers and leave them', async () => {
    answer = () => ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 7\r\n\r\n'];
    expect((await connections.exchange({ ...post, url })).body.toString()).toBe('abc');
  });

  test('tell a connection that broke when it was used again from one that was new', async () => {
    answer = (_, count) => (count === 0 ? [ok('first')] : [null]);
    const failure = { kind: 'transport', message: 'connection broken' };
    const untilReused = async () => {
      for (let i = 0; i < 10; i += 1) await connections.exchange({ ...post, url });
    };
    await expect(untilReused()).rejects.toMatchObject({ ...failure, reused: true });
    answer = () => [null];
    await expect(connections.exchange({ ...post, url })).rejects.toMatchObject({ ...failure, reused: false });
  });

  test('tell one that is reset, as a server does that has just given up an idle one, as one used before', async () => {
    answer = (_, count) => (count === 0 ? [ok('first')] : ['reset']);
    const untilReused = async () => {
      for (let i = 0; i < 10; i += 1) await connections.exchange({ ...post, url });
    };
    await expect(untilReused()).rejects.toMatchObject({ kind: 'transport', reused: true });
  });

  test('give up an answer that is too large, and one that is late', async () => {
    const most = 2 ** 20;
    answer = () => [`HTTP/1.1 200 OK\r\ncontent-length: ${most + 1}\r\n\r\nx`];
    await expect(connections.exchange({ ...post, url, most })).rejects.toMatchObject({ kind: 'too large' });
    answer = () => ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n', `100001\r\n${'x'.repeat(most + 1)}\r\n`];
    await expect(connections.exchange({ ...post, url, most })).rejects.toMatchObject({ kind: 'too large' });
    answer = () => ['HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhal'];
    await expect(connections.exchange({ ...post, url, timeout: 50 })).rejects.toMatchObject({
      kind: 'deadline',
      message: 'no whole answer within 50 ms',
    });
  });

  test('carry on after an answer that was given up', async () => {
    answer = (whole) => (whole.includes('late') ? [] : [ok('there')]);
    for (let i = 0; i < 3; i += 1) {
      const late = connections.exchange({ ...post, url: `${url}/late`, timeout: 20 });
      await expect(late).rejects.toMatchObject({ kind: 'deadline' });
      expect((await connections.exchange({ ...post, url })).body.toString()).toBe('there');
    }
  });

  test('take the head of something large for what it is', async () => {
    answer = () => ['HTTP/1.1 200 OK\r\ncontent-length: 2000\r\n\r\n'];
    const head = { url, method: 'HEAD', timeout: 10_000, most: 1000 };
    expect(await connections.exchange(head)).toMatchObject({ status: 200, body: Buffer.alloc(0) });
  });

  test('carry answers in chunks one after another', async () => {
    answer = () => ['HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'];
    for (let i = 0; i < 3; i += 1) await connections.exchange({ ...post, url });
    expect(asked).toHaveLength(3);
    expect(sockets.size).toBeLessThanOrEqual(2);
  });

  test.each([
    ['whole', ok],
    [
      'in chunks',
      (body: string) => {
        const chunk = `10000\r\n${body.slice(0, 65_536)}\r\n`;
        return `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${chunk.repeat(body.length / 65_536)}0\r\n\r\n`;
      },
    ],
  ])('read a large answer %s in good time', async (_, said) => {
    const large = 'x'.repeat(16 * 2 ** 20);
    answer = () => [said(large)];
    const { body } = await connections.exchange({ ...post, url, timeout: 60_000 });
    expect(body.length).toBe(large.length);
  });

  test('end when the work is cancelled', async () => {
    answer = () => [];
    const asking = connections.exchange({ ...post, url });
    setImmediate(() => cancel.abort(new Error('cancelled')));
    await expect(asking).rejects.toThrow('cancelled');
  });

  test('leave a head that cannot be sent as it is to Node, which refuses it', async () => {
    answer = () => [ok('never')];
    const headers = { 'x-a': 'b\r\nx-smuggled: c' };
    await expect(connections.exchange({ ...post, url, headers })).rejects.toThrow(/Invalid character/);
    expect(asked).toEqual([]);
  });
});
