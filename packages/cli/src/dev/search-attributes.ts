import { SearchAttribute } from '@sluice/sdk';
import type { Connection } from '@temporalio/client';
import proto from '@temporalio/proto';

const keyword = proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;

/** Names of the search attributes that Sluice uses, all of type Keyword. */
export const searchAttributes: readonly string[] = Object.values(SearchAttribute);

/**
 * Registers those search attributes that the namespace lacks; safe to run again.
 *
 * @returns the names that were added.
 */
export async function registerSearchAttributes(connection: Connection, namespace: string): Promise<string[]> {
  const missing = await missingSearchAttributes(connection, namespace);
  if (missing.length === 0) return [];
  await connection.operatorService.addSearchAttributes({
    namespace,
    searchAttributes: Object.fromEntries(missing.map((name) => [name, keyword])),
  });
  return missing;
}

/** Those of Sluice's search attributes that the namespace does not have. */
export async function missingSearchAttributes(connection: Connection, namespace: string): Promise<string[]> {
  const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
  return searchAttributes.filter((name) => customAttributes?.[name] === undefined);
}
