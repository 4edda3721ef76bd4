/** What is known of one build when it is decided which are kept. */
export interface KnownBuild {
  readonly id: string;
  /** When it was made, or made current again, epoch ms. */
  readonly at: number;
  /** Runs that are pinned to it and open. */
  readonly openRuns: number;
  /** When somebody last asked for a closed run of it, epoch ms; null: lately nobody. */
  readonly askedAt: number | null;
}

export interface BuildPlan {
  /** Builds to serve: the current one, those with open runs, those that somebody asks for. */
  readonly serve: readonly string[];
  /** Builds with open runs for which there is no room: their runs stand still until others have ended. */
  readonly waiting: readonly string[];
  /** Builds whose bundle is deleted. */
  readonly forget: readonly string[];
}

/** Builds that are served at once; each takes some 60 MB. */
export const SERVED_AT_ONCE = 12;
/** How long a build is served after somebody asked for a closed run of it, ms. */
const ASKED_MS = 10 * 60_000;
/** Bundles that are kept for looking at closed runs, and for how long, ms. */
const KEPT = 50;
const KEPT_MS = 7 * 24 * 60 * 60_000;

/** Which builds are served, and which are kept as files only. A build with open runs is never forgotten. */
export function planBuilds(builds: readonly KnownBuild[], current: string | null, now: number): BuildPlan {
  const newest = [...builds].sort((one, other) => other.at - one.at);
  const others = newest.filter(({ id }) => id !== current);
  const open = others.filter(({ openRuns }) => openRuns > 0);
  const asked = others
    .filter(({ openRuns, askedAt }) => openRuns === 0 && askedAt !== null && now - askedAt < ASKED_MS)
    .sort((one, other) => (other.askedAt ?? 0) - (one.askedAt ?? 0));
  const room = SERVED_AT_ONCE - (current === null ? 0 : 1);
  // Who looks gets a place, for a while, even where all are taken by open runs.
  const guests = asked.slice(0, Math.max(1, room - open.length));
  const hosts = open.slice(0, room - guests.length);
  const serve = [...(current === null ? [] : [current]), ...hosts.map(({ id }) => id), ...guests.map(({ id }) => id)];
  const closed = others.filter(({ id, openRuns }) => openRuns === 0 && !serve.includes(id));
  return {
    serve,
    waiting: open.slice(hosts.length).map(({ id }) => id),
    forget: closed.filter(({ at }, index) => index >= KEPT || now - at > KEPT_MS).map(({ id }) => id),
  };
}
