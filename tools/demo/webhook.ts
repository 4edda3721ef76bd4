import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { Notification } from '@sluice/sdk';

/** Stands in for a team's channel: takes notifications, and keeps them. */
export interface Webhook {
  readonly url: string;
  readonly told: readonly Notification[];
  close(): void;
}

export async function webhook(onNews: (news: Notification) => void): Promise<Webhook> {
  const told: Notification[] = [];
  const server = createServer(async (request, response) => {
    const news = (await json(request)) as Notification;
    told.push(news);
    onNews(news);
    response.end();
  });
  // It ends with the demo, however that ends.
  server.unref();
  await new Promise<void>((listening) => void server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, told, close: () => void server.close() };
}
