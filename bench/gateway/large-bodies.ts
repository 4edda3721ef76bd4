import { Agent, request } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';

const LARGE = 12 * 2 ** 20;

/**
 * Latencies, ms, of small requests that are sent one by one while another caller sends bodies of 12 MiB with a tenth
 * of a second between them: whatever keeps the gateway from its work shows here.
 */
export async function latenciesBesideLarge(url: string, ms: number, signal: AbortSignal): Promise<number[]> {
  const agent = new Agent({ keepAlive: true });
  const end = performance.now() + ms;
  const going = () => performance.now() < end && !signal.aborted;
  const large = Buffer.from(JSON.stringify({ inputs: 'x'.repeat(LARGE) }));
  const small = Buffer.from('{"inputs":[1,2,3]}');
  const latencies: number[] = [];
  const largeCaller = async () => {
    while (going()) {
      await post(url, large, agent);
      await pause(100);
    }
  };
  const smallCaller = async () => {
    while (going()) {
      const start = performance.now();
      await post(url, small, agent);
      latencies.push(performance.now() - start);
      await pause(2);
    }
  };
  await Promise.all([largeCaller(), smallCaller()]);
  agent.destroy();
  return latencies;
}

function post(url: string, body: Buffer, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const outgoing = request(url, { method: 'POST', headers, agent }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`status ${response.statusCode}`));
      response.resume().on('end', resolve).on('error', reject);
    });
    outgoing.on('error', reject).end(body);
  });
}
