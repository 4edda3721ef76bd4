/** A workflow's page in Temporal's UI. */
export function temporalPage(
  target: { readonly uiUrl: string | null; readonly namespace: string },
  workflowId: string,
): string | null {
  if (target.uiUrl === null) return null;
  const base = target.uiUrl.replace(/\/+$/, '');
  return `${base}/namespaces/${encodeURIComponent(target.namespace)}/workflows/${encodeURIComponent(workflowId)}`;
}
