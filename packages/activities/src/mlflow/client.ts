import { type MlflowEnsure, mlflowEnsure } from './ensure.ts';
import { publicUrl } from './public-url.ts';
import { type MlflowConnection, mlflowCall } from './request.ts';
import { type MlflowRoutes, mlflowRoutes } from './routes.ts';
import { type MlflowArtifacts, mlflowArtifacts } from './run-artifact.ts';

/**
 * What Sluice asks of an MLflow tracking server and registry (3.x; tested against 3.17.2). Every method retries what
 * may pass by itself; then `MlflowUnreachable` (code `Unreachable`, not permanent) or `MlflowRefused` (code `Refused`).
 */
export interface MlflowClient extends MlflowRoutes, MlflowEnsure, MlflowArtifacts {
  /** The server, without credentials and trailing slash. */
  readonly url: string;
}

/** Connects to a server; nothing is sent until the first call. */
export function mlflowClient(connection: MlflowConnection): MlflowClient {
  const routes = mlflowRoutes(mlflowCall(connection));
  return { url: publicUrl(connection.url), ...routes, ...mlflowEnsure(routes), ...mlflowArtifacts(connection) };
}
