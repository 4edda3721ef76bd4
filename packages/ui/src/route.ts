/** Where somebody is, as the part of the address behind `#`: every page has a link that can be sent to a colleague. */
export type Route =
  | {
      readonly page: 'runs';
      readonly pipeline?: string;
      readonly state?: string;
      readonly text?: string;
      readonly after?: string;
    }
  | { readonly page: 'run'; readonly id: string /** Steps left out at the beginning. */; readonly after?: number }
  | {
      readonly page: 'step';
      readonly run: string;
      readonly step: string /** Whose log is shown. */;
      readonly attempt?: number;
    }
  | { readonly page: 'endpoints' }
  | { readonly page: 'endpoint'; readonly name: string }
  | { readonly page: 'artifact'; readonly digest: string }
  | { readonly page: 'unknown'; readonly path: string };

/** The link to a page, `#/run/flight-delays%2Fjune`; put it behind the address of `sluice ui`. */
export function pageLink(route: Route): string {
  switch (route.page) {
    case 'runs':
      return withQuery('#/runs', {
        pipeline: route.pipeline,
        state: route.state,
        text: route.text,
        after: route.after,
      });
    case 'run':
      return withQuery(`#/run/${encodeURIComponent(route.id)}`, { after: route.after });
    case 'step':
      return withQuery(`#/run/${encodeURIComponent(route.run)}/step/${encodeURIComponent(route.step)}`, {
        attempt: route.attempt,
      });
    case 'endpoints':
      return '#/endpoints';
    case 'endpoint':
      return `#/endpoint/${encodeURIComponent(route.name)}`;
    case 'artifact':
      return `#/artifact/${encodeURIComponent(route.digest)}`;
    case 'unknown':
      return `#${route.path}`;
  }
}

/** What a link means; `unknown` where it is none of ours. */
export function routeOf(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#/, '').split('?', 2);
  if (path !== '' && !path.startsWith('/')) return { page: 'unknown', path };
  const asked = new URLSearchParams(query);
  const words = path.split('/').slice(1).map(decoded);
  const [page = '', first = '', second, third = ''] = words;
  if ((page === '' || page === 'runs') && words.length <= 1) {
    return {
      page: 'runs',
      ...text('pipeline', asked),
      ...text('state', asked),
      ...text('text', asked),
      ...text('after', asked),
    };
  }
  if (page === 'run' && first !== '' && words.length === 2) return { page: 'run', id: first, ...count('after', asked) };
  if (page === 'run' && second === 'step' && third !== '' && words.length === 4) {
    return { page: 'step', run: first, step: third, ...count('attempt', asked) };
  }
  if (page === 'endpoints' && words.length === 1) return { page: 'endpoints' };
  if (page === 'endpoint' && first !== '' && words.length === 2) return { page: 'endpoint', name: first };
  if (page === 'artifact' && first !== '' && words.length === 2) return { page: 'artifact', digest: first };
  return { page: 'unknown', path };
}

function withQuery(path: string, query: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const search = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
  return given.length === 0 ? path : `${path}?${search}`;
}

function text<Name extends string>(name: Name, query: URLSearchParams): { [K in Name]?: string } {
  const value = query.get(name);
  return (value ? { [name]: value } : {}) as { [K in Name]?: string };
}

function count<Name extends string>(name: Name, query: URLSearchParams): { [K in Name]?: number } {
  const value = Number(query.get(name) ?? '0');
  return (Number.isSafeInteger(value) && value > 0 ? { [name]: value } : {}) as { [K in Name]?: number };
}

function decoded(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return word;
  }
}
