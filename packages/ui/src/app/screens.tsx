import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type {
  ArtifactView,
  EndpointsView,
  EndpointView,
  LogView,
  ProjectView,
  RunsView,
  RunView,
  StepView,
  Trouble,
} from '../api.ts';
import { ArtifactPage } from '../pages/artifact.tsx';
import { EndpointPage } from '../pages/endpoint.tsx';
import { EndpointsPage } from '../pages/endpoints.tsx';
import { RunPage } from '../pages/run.tsx';
import { RunsPage } from '../pages/runs.tsx';
import { StepPage } from '../pages/step.tsx';
import { Loading, TroubleBox } from '../parts/frame.tsx';
import { pageLink, type Route } from '../route.ts';
import { query } from './answer.ts';
import { type Asked, useAsk, useAtMost, useLive } from './hooks.ts';
import type { Since } from './live.ts';
import { useLogEnd } from './log-end.ts';

/** Milliseconds that pass at least between two questions that an event brings about. */
const BETWEEN = 2000;

interface ScreenProps {
  readonly project: ProjectView | null;
  readonly onAway: (since: Since | null) => void;
}

/** The page that a route leads to, with what it shows kept new. */
export function Screen({ route, ...props }: ScreenProps & { route: Route }) {
  switch (route.page) {
    case 'runs':
      return <RunsScreen route={route} {...props} />;
    case 'run':
      return <RunScreen key={route.id} route={route} {...props} />;
    case 'step':
      return <StepScreen key={`${route.run}/${route.step}`} route={route} {...props} />;
    case 'endpoints':
      return <EndpointsScreen {...props} />;
    case 'endpoint':
      return <EndpointScreen key={route.name} name={route.name} {...props} />;
    case 'artifact':
      return <ArtifactScreen key={route.digest} digest={route.digest} />;
    case 'unknown':
      return <NoSuchPage path={route.path} />;
  }
}

function RunsScreen({ route, project, onAway }: ScreenProps & { route: Extract<Route, { page: 'runs' }> }) {
  const { page: _, ...filter } = route;
  const asked = useAsk<RunsView>(query('/api/runs', { ...filter, limit: 50 }));
  const plain = Object.values(filter).every((value) => value === undefined);
  const again = useAtMost(BETWEEN, asked.again);
  useAway(
    useLive(route.after === undefined ? '/api/live' : null, ['runs'], (_, value) =>
      plain ? asked.set(value as RunsView) : again(),
    ),
    onAway,
  );
  return (
    <Shown asked={asked} what="runs">
      {(view) => (
        <RunsPage
          view={view}
          project={project}
          filter={filter}
          onFilter={(next) => {
            // What is typed is no page of its own to go back to.
            history.replaceState(null, '', pageLink({ page: 'runs', ...next }));
            dispatchEvent(new HashChangeEvent('hashchange'));
          }}
        />
      )}
    </Shown>
  );
}

function RunScreen({ route, onAway }: ScreenProps & { route: Extract<Route, { page: 'run' }> }) {
  const { id, after } = route;
  const asked = useAsk<RunView>(query('/api/run', { id, after }));
  const again = useAtMost(BETWEEN, asked.again);
  const over = asked.value !== null && asked.value.row.endedAt !== null;
  useAway(
    useLive(over ? null : query('/api/live', { run: id }), ['run'], (_, value) =>
      after === undefined ? asked.set(value as RunView) : again(),
    ),
    onAway,
  );
  useTitle(id);
  return (
    <Shown asked={asked} what="the run">
      {(view) => <RunPage view={view} after={after ?? 0} />}
    </Shown>
  );
}

function StepScreen({ route, onAway }: ScreenProps & { route: Extract<Route, { page: 'step' }> }) {
  const { run, step, attempt } = route;
  const asked = useAsk<StepView>(query('/api/step', { run, step }));
  const isJob = asked.value !== null && ['train', 'merge', 'step'].includes(asked.value.status.kind);
  const log = useAsk<LogView>(isJob ? query('/api/log', { run, step, attempt }) : null);
  const again = useAtMost(BETWEEN, () => {
    asked.again();
    log.again();
  });
  const over = asked.value !== null && asked.value.status.end !== null;
  useAway(useLive(over ? null : query('/api/live', { run }), ['run'], again), onAway);
  useTitle(`${step} – ${run}`);
  useLogEnd(log.value, attempt !== undefined);
  return (
    <Shown asked={asked} what="the step">
      {(view) => <StepPage view={view} log={log.value} />}
    </Shown>
  );
}

function EndpointsScreen({ onAway }: ScreenProps) {
  const asked = useAsk<EndpointsView>('/api/endpoints');
  const again = useAtMost(BETWEEN, asked.again);
  useAway(useLive('/api/live', ['runs'], again), onAway);
  useTitle('Endpoints');
  return (
    <Shown asked={asked} what="endpoints">
      {(view) => <EndpointsPage view={view} />}
    </Shown>
  );
}

function EndpointScreen({ name, onAway }: ScreenProps & { name: string }) {
  const asked = useAsk<EndpointView>(query('/api/endpoint', { name }));
  useAway(
    useLive(query('/api/live', { endpoint: name }), ['endpoint'], (_, value) => asked.set(value as EndpointView)),
    onAway,
  );
  useTitle(name);
  return (
    <Shown asked={asked} what="the endpoint">
      {(view) => <EndpointPage view={view} />}
    </Shown>
  );
}

function ArtifactScreen({ digest }: { digest: string }) {
  const asked = useAsk<ArtifactView>(query('/api/artifact', { digest }));
  useTitle(asked.value?.link.name ?? 'Artifact');
  return (
    <Shown asked={asked} what="the artifact">
      {(view) => <ArtifactPage view={view} />}
    </Shown>
  );
}

function NoSuchPage({ path }: { path: string }) {
  return (
    <>
      <h1>There is no such page</h1>
      <p>
        <code>{path}</code> leads nowhere. <a href={pageLink({ page: 'runs' })}>All runs</a>
      </p>
    </>
  );
}

/** The page, or what stands in its way; a page that was there stays when a later question fails. */
function Shown<T>({
  asked,
  what,
  children,
}: {
  asked: Asked<T>;
  what: string;
  children: (value: T) => ComponentChildren;
}) {
  if (asked.value !== null) {
    return (
      <>
        {asked.trouble === null ? null : <TroubleBox trouble={asked.trouble} />}
        {children(asked.value)}
      </>
    );
  }
  return asked.trouble === null ? (
    <Loading what={what} />
  ) : (
    <Failed trouble={asked.trouble} what={what} again={asked.again} />
  );
}

function Failed({ trouble, what, again }: { trouble: Trouble; what: string; again: () => void }) {
  return (
    <>
      <h1>Cannot show {what}</h1>
      <TroubleBox trouble={trouble} />
      <p>
        <button type="button" class="button" onClick={again}>
          Try again
        </button>{' '}
        <a href={pageLink({ page: 'runs' })}>All runs</a>
      </p>
    </>
  );
}

function useAway(away: Since | null, onAway: (since: Since | null) => void): void {
  useEffect(() => {
    onAway(away);
    return () => onAway(null);
  }, [away, onAway]);
}

function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Sluice`;
    return () => {
      document.title = 'Sluice';
    };
  }, [title]);
}
