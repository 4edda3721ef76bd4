import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { ProjectView } from '../api.ts';
import { formatTime } from '../format.ts';
import { type Clock, ClockContext } from '../parts/clock.tsx';
import { OutLink } from '../parts/frame.tsx';
import { pageLink, type Route, routeOf } from '../route.ts';
import { useAsk } from './hooks.ts';
import type { Since } from './live.ts';
import { Screen } from './screens.tsx';

/** The house around every page. */
export function App() {
  const [route, setRoute] = useState<Route>(() => routeOf(location.hash));
  const [away, setAway] = useState<Since | null>(null);
  const { value: project } = useAsk<ProjectView>('/api/project');
  const main = useRef<HTMLElement>(null);
  const clock = useMemo(tickingClock, []);
  const path = location.hash.split('?', 1)[0];
  useEffect(() => {
    const go = () => setRoute(routeOf(location.hash));
    addEventListener('hashchange', go);
    return () => removeEventListener('hashchange', go);
  }, []);
  const first = useRef(true);
  useEffect(() => {
    // A new page begins at its top, and a screen reader with it; the first one is left to the browser.
    if (!first.current) {
      scrollTo(0, 0);
      main.current?.focus({ preventScroll: true });
    }
    first.current = false;
  }, [path]);
  return (
    <ClockContext.Provider value={clock}>
      <button type="button" class="skip" onClick={() => main.current?.focus()}>
        Skip to the page
      </button>
      <header class="top">
        <a class="brand" href={pageLink({ page: 'runs' })}>
          <svg viewBox="0 0 32 32" width="20" height="20" aria-hidden="true">
            <rect width="32" height="32" rx="8" />
            <path d="M7 12c3-3 6-3 9 0s6 3 9 0M7 20c3-3 6-3 9 0s6 3 9 0" />
          </svg>
          <span>Sluice</span>
          {project === null ? null : <span class="project">{project.project}</span>}
        </a>
        <nav aria-label="Pages" class="tabs">
          <a href={pageLink({ page: 'runs' })} {...current(['runs', 'run', 'step'].includes(route.page))}>
            Runs
          </a>
          <a href={pageLink({ page: 'endpoints' })} {...current(['endpoints', 'endpoint'].includes(route.page))}>
            Endpoints
          </a>
        </nav>
        <span class="top-links">
          {project?.temporalUi == null ? null : <OutLink href={project.temporalUi}>Temporal</OutLink>}
          {project?.mlflow == null ? null : <OutLink href={project.mlflow}>MLflow</OutLink>}
        </span>
      </header>
      <div role="status" class="away-box">
        {away === null ? null : (
          <p class="away">
            <strong>Away since {formatTime(away.since)}.</strong> {away.trouble.message} {away.trouble.fix} This page
            goes on by itself.
          </p>
        )}
      </div>
      <main id="main" tabIndex={-1} ref={main}>
        <Screen route={route} project={project} onAway={setAway} />
      </main>
      <div id="copied" role="status" class="visually-hidden" />
    </ClockContext.Provider>
  );
}

function current(here: boolean): { 'aria-current'?: 'page' } {
  return here ? { 'aria-current': 'page' } : {};
}

/** One timer for all that tells how long ago something was; it rests while nobody looks. */
function tickingClock(): Clock {
  const listeners = new Set<() => void>();
  setInterval(() => {
    if (document.visibilityState === 'hidden') return;
    for (const listener of [...listeners]) listener();
  }, 1000);
  return {
    now: Date.now,
    onTick(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
