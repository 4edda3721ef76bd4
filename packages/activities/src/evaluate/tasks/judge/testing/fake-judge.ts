import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a stand-in for an LLM was asked: the two answers as they stood, and the rest of the request. */
export interface Asked {
  readonly a: string;
  readonly b: string;
  readonly task: string;
  readonly reference: string | null;
  readonly body: { readonly model: string; readonly seed?: number; readonly temperature?: number };
  readonly text: string;
  readonly authorization: string | undefined;
}

/** What it answers: words of the model, or whatever it does with the response itself. */
export type Behaviour = (asked: Asked, count: number) => string | ((response: http.ServerResponse) => void);

export interface FakeJudge {
  readonly endpoint: string;
  readonly asked: Asked[];
  behave: Behaviour;
  close(): Promise<void>;
}

/** An OpenAI-compatible server on loopback that judges as a test says. */
export async function fakeJudge(behave: Behaviour): Promise<FakeJudge> {
  const server = http.createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const text = Buffer.concat(parts).toString('utf8');
      const asked = { ...readAsked(text), authorization: request.headers.authorization };
      fake.asked.push(asked);
      const said = fake.behave(asked, fake.asked.length);
      if (typeof said !== 'string') return said(response);
      response.writeHead(200, { 'content-type': 'application/json' }).end(completion(said));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const fake: FakeJudge = {
    endpoint: `http://127.0.0.1:${port}/v1`,
    asked: [],
    behave,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return fake;
}

/** What such a server answers where the model says `content`. */
export function completion(content: string): string {
  const usage = { prompt_tokens: 100, completion_tokens: 5, total_tokens: 105 };
  return JSON.stringify({
    model: 'judge-0426',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    usage,
  });
}

function readAsked(text: string): Omit<Asked, 'authorization'> {
  const body = JSON.parse(text) as Asked['body'] & { readonly messages: readonly { readonly content: string }[] };
  const question = body.messages[1]?.content ?? '';
  const part = (name: string) => {
    const [, inside] =
      new RegExp(`^--- ${name} ([0-9a-f]{16})\\n([\\s\\S]*?)\\n--- end \\1$`, 'm').exec(question)?.slice(1) ?? [];
    return inside ?? null;
  };
  return {
    a: part('ANSWER A') ?? '',
    b: part('ANSWER B') ?? '',
    task: part('TASK') ?? '',
    reference: part('REFERENCE'),
    body,
    text,
  };
}

export const says = (choice: 'A' | 'B' | 'tie') => JSON.stringify({ better: choice });
