import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Callers in a process of their own: prints the 95th percentile, ms, of small requests that are sent one by one while
 * another caller sends bodies of 12 MiB, a tenth of a second apart. Whatever keeps a proxy from its work shows here.
 */
const [url = '', duration = ''] = process.argv.slice(2);
const sorted = (await latenciesBesideLarge(Number(duration))).sort((a, b) => a - b);
console.log(sorted[Math.floor(sorted.length * 0.95)]);

async function latenciesBesideLarge(ms: number): Promise<number[]> {
  const agent = new Agent({ keepAlive: true });
  const end = performance.now() + ms;
  const going = () => performance.now() < end;
  const large = Buffer.from(JSON.stringify({ inputs: 'x'.repeat(12 * 2 ** 20) }));
  const small = Buffer.from('{"inputs":[1,2,3]}');
  const latencies: number[] = [];
  const largeCaller = async () => {
    while (going()) {
      await post(large, agent);
      await pause(100);
    }
  };
  const smallCaller = async () => {
    while (going()) {
      const start = performance.now();
      await post(small, agent);
      latencies.push(performance.now() - start);
      await pause(2);
    }
  };
  await Promise.all([largeCaller(), smallCaller()]);
  agent.destroy();
  return latencies;
}

function post(body: Buffer, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const outgoing = request(url, { method: 'POST', headers, agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
      response.resume().on('end', resolve).on('error', reject);
    });
    outgoing.on('error', reject).end(body);
  });
}
