import type { Notification } from '@sluice/sdk';
import { quoted } from './deploy-commands.ts';
import type { RunState } from './run-state.ts';

/**
 * The same news with the report's address, and with what writes it anew: for those whom the address is of no use to. The
 * page may come a moment after the news. For runs that workers write reports of.
 */
export async function withReport({ reports, id }: RunState, news: Notification): Promise<Notification> {
  const report = await reports.place();
  return {
    ...news,
    links: report === null ? news.links : { ...news.links, report },
    commands: [...news.commands, `sluice report ${quoted(id)} --open`],
  };
}
