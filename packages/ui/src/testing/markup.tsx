import type { ComponentChild } from 'preact';
import { renderToString } from 'preact-render-to-string';
import { ClockContext, stillClock } from '../parts/clock.tsx';
import { start } from './views.ts';

/** What a page is as HTML, two minutes after {@link start}. */
export function markup(page: ComponentChild): string {
  return renderToString(<ClockContext.Provider value={stillClock(start + 120_000)}>{page}</ClockContext.Provider>);
}

/** The same as a reader gets it: words without tags. */
export function words(page: ComponentChild): string {
  return markup(page)
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ');
}
