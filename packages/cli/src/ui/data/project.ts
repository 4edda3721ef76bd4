import type { ProjectView } from '@sluice/ui/api';
import { loadPipelines } from '../../config/load-pipelines.ts';
import type { Sources } from '../../records/sources.ts';

/** What the pages say of the project, without asking any server. */
export async function projectView(sources: Sources, version: string): Promise<ProjectView> {
  const { loaded } = sources;
  const [{ uiUrl }, mlflow, pipelines] = await Promise.all([
    sources.target(),
    sources.mlflow(),
    // A pipeline that cannot be loaded now has runs all the same.
    loadPipelines(loaded).then(
      (found) => [...found.keys()],
      () => [],
    ),
  ]);
  return {
    project: loaded.config.project,
    root: loaded.root,
    version,
    pipelines,
    classes: Object.keys(loaded.config.classes),
    temporalUi: uiUrl,
    mlflow: mlflow?.url ?? null,
  };
}
