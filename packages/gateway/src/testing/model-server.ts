import { spawn } from 'node:child_process';
import { createServer } from 'node:http';

/** A model server for tests: MLflow's two routes, and some that misbehave on request. */
const version = process.env.SLUICE_VERSION ?? '';
let healthy = process.env.NEVER_READY === undefined;
if (process.env.IGNORE_SIGTERM) process.on('SIGTERM', () => undefined);
if (process.env.WITH_CHILD) {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  console.log(`child ${child.pid}`);
}
console.log(`serving ${process.env.SLUICE_MODEL} ${process.argv.slice(2).join(' ')}`);

const server = createServer((req, res) => {
  const url = new URL(req.url ?? '/', 'http://model');
  const chunks: Buffer[] = [];
  if (url.pathname === '/early') {
    res.writeHead(413, { connection: 'close' }).end('too much');
    return;
  }
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    const body = Buffer.concat(chunks);
    if (url.pathname !== '/ping') console.log(`got ${url.pathname}`);
    switch (url.pathname) {
      case '/ping':
        res.writeHead(healthy ? 200 : 503).end('{}');
        return;
      case '/health':
        healthy = url.searchParams.get('to') === 'good';
        res.end();
        return;
      case '/echo':
        res.writeHead(200, { 'content-type': req.headers['content-type'] ?? 'text/plain' }).end(body);
        return;
      case '/headers':
        res.setHeader('set-cookie', ['a=1', 'b=2']);
        res.end(JSON.stringify(req.headers));
        return;
      case '/status':
        res.writeHead(Number(url.searchParams.get('code'))).end('{}');
        return;
      case '/slow':
        setTimeout(() => res.end(version), Number(url.searchParams.get('ms')));
        return;
      case '/hang':
      case '/hang/aborted':
        return;
      case '/big':
        res.setHeader('content-length', url.searchParams.get('bytes') ?? '0');
        res.end(Buffer.alloc(Number(url.searchParams.get('bytes')), url.searchParams.get('fill') ?? 'x'));
        return;
      case '/broken':
        res.writeHead(200, { 'content-length': '100' });
        res.write('half', () => res.destroy());
        return;
      case '/stream':
        res.write('first');
        setTimeout(() => res.end('second'), 300);
        return;
      case '/events': {
        let left = Number(url.searchParams.get('count'));
        res.writeHead(200, { 'content-type': 'text/event-stream' });
        const timer = setInterval(
          () => {
            res.write(`data: ${left}\n\n`);
            left -= 1;
            if (left > 0) return;
            clearInterval(timer);
            if (!url.searchParams.has('hang')) res.end();
          },
          Number(url.searchParams.get('every')),
        );
        return;
      }
      case '/block':
        // Nothing else is answered meanwhile, as by a server with one thread.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(url.searchParams.get('ms')));
        res.end(version);
        return;
      case '/hints':
        res.writeEarlyHints({ link: '</style.css>; rel=preload', 'x-hint': 'yes' }, () => res.end('late'));
        return;
      case '/trailers':
        res.writeHead(200, { 'content-type': 'text/plain', trailer: 'x-sum' });
        res.write(body);
        res.addTrailers({ 'x-sum': `${body.length} ${req.trailers['x-caller'] ?? 'none'}` });
        res.end();
        return;
      case '/switch':
        req.socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n');
        return;
      case '/reset':
        req.socket.resetAndDestroy();
        return;
      case '/crash':
        process.exit(3);
        return;
      default:
        res.setHeader('content-type', 'application/json');
        res.end(JSON.stringify({ version, bytes: body.length, shadow: req.headers['x-sluice-shadow'] ?? null }));
    }
  });
});
// A body that is too large is refused before it is sent.
server.on('checkContinue', (req, res) => {
  if (req.url === '/picky') {
    res.writeHead(413).end('too much');
    return;
  }
  res.writeContinue();
  server.emit('request', req, res);
});
server.listen(Number(process.env.SLUICE_PORT), process.env.SLUICE_HOST);
