import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it } from 'vitest';
import { FrontDoor } from './front-door.ts';

const opened: { close(): unknown }[] = [];
afterEach(() => {
  for (const one of opened.splice(0)) one.close();
});

async function gateway(
  answer: (request: IncomingMessage) => string = () => 'served',
): Promise<{ port: number; server: Server }> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => response.end(answer(request)));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  opened.push({ close: () => server.close().closeAllConnections() });
  return { port: (server.address() as AddressInfo).port, server };
}

async function frontDoor(): Promise<{ door: FrontDoor; url: string; port: number }> {
  const door = new FrontDoor();
  opened.push(door);
  const port = await door.open(0);
  return { door, port, url: `http://127.0.0.1:${port}/` };
}

/** By a connection of its own. */
function askAnew(url: string): Promise<string> {
  return new Promise((done, failed) => {
    get(url, { agent: false }, (response) => done(text(response))).on('error', failed);
  });
}

it('passes requests and answers on, large ones too', async () => {
  const { door, url } = await frontDoor();
  const large = 'ü'.repeat(3_000_000);
  door.lead((await gateway(() => large)).port);
  const answers = await Promise.all(
    [1, 2, 3].map(async () => (await fetch(url, { method: 'POST', body: large })).text()),
  );
  for (const answer of answers) expect(answer).toBe(large);
});

it('lets callers wait while there is no gateway, and leads them to the next one', async () => {
  const { door, url } = await frontDoor();
  const early = [1, 2, 3].map(async () => (await fetch(url)).text());
  const { port, server } = await gateway(() => 'first');
  door.lead(port);
  expect(await Promise.all(early)).toEqual(['first', 'first', 'first']);

  // Dead, but nobody has noticed yet: its port refuses.
  server.close();
  server.closeAllConnections();
  const meanwhile = askAnew(url);
  door.lead(null);
  door.lead((await gateway(() => 'second')).port);
  expect(await meanwhile).toBe('second');
});

it('breaks off what a dead gateway had begun, so that its caller notices', async () => {
  const { door, url } = await frontDoor();
  let begun: () => void = () => {};
  const started = new Promise<void>((done) => {
    begun = done;
  });
  const server = createServer((_request, response) => {
    response.write('half an ans');
    begun();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  opened.push(server);
  door.lead((server.address() as AddressInfo).port);
  const answer = fetch(url).then((response) => response.text());
  answer.catch(() => {});
  await started;
  server.closeAllConnections();
  await expect(answer).rejects.toThrow();
});

it('keeps a connection open for its answer when the caller has said all it will', async () => {
  const { door, port } = await frontDoor();
  door.lead((await gateway()).port);
  const heard = await new Promise<string>((done, failed) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let said = '';
    socket.on('data', (data) => {
      said += data;
    });
    socket.on('end', () => done(said));
    socket.on('error', failed);
    socket.end('GET / HTTP/1.0\r\nhost: x\r\n\r\n');
  });
  expect(heard).toContain('served');
});

it('refuses a port that is taken', async () => {
  const { port } = await frontDoor();
  await expect(new FrontDoor().open(port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
