import { INLINE_PAYLOAD } from '@sluice/sdk';
import type { Payload } from '@temporalio/common';

/** Is it an answer to a query? Those of Temporal's own UI have no mark of ours, but a type. */
export function staysInline({ metadata }: Payload): boolean {
  if (metadata?.[INLINE_PAYLOAD] !== undefined) return true;
  const type = metadata?.messageType;
  return type !== undefined && Buffer.from(type).toString() === 'temporal.api.sdk.v1.WorkflowMetadata';
}
