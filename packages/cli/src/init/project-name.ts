import { checkName, ENDPOINT_WORKFLOW, endpointWorkflowId } from '@sluice/sdk';
import { endpointNamePattern } from '../config/schema.ts';
import { UsageError } from '../errors.ts';
import { stepNames } from './template.ts';

/** Names that Sluice's own workflows have. */
const reserved: readonly string[] = [ENDPOINT_WORKFLOW, endpointWorkflowId('').replace('/', '')];

/**
 * A new project's name is that of its pipeline and its endpoint too.
 *
 * @throws SluiceError `Usage`
 */
export function checkProjectName(name: string): void {
  try {
    checkName('project', name);
  } catch (error) {
    throw new UsageError((error as Error).message, 'Give another one by --name.');
  }
  if (!endpointNamePattern.test(name)) {
    throw new UsageError(
      `"${name}" cannot be the name of an endpoint, and the new project has one of its name.`,
      `Give a name of 1 to 63 ASCII letters, digits, ".", "_" or "-"${suggestion(name)}`,
    );
  }
  if (reserved.includes(name)) {
    throw new UsageError(`Sluice's own workflows are called "${name}".`, 'Give another name by --name.');
  }
  if (stepNames.includes(name)) {
    throw new UsageError(
      `The pipeline that is made has a step called "${name}" already.`,
      'Give another name by --name.',
    );
  }
}

/** A name made of a folder's. */
export function slug(text: string): string {
  const words = text
    .toLowerCase()
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/^[^\p{L}\p{N}]+|-+$/gu, '');
  return words === '' ? 'pipelines' : words.slice(0, 60);
}

/** `größe` without what ASCII does not have: `: --name grosse`. */
function suggestion(name: string): string {
  const plain = name
    .replaceAll('ß', 'ss')
    .replaceAll('æ', 'ae')
    .replaceAll('ø', 'o')
    .normalize('NFKD')
    .replace(/[^A-Za-z0-9._-]/g, '')
    .slice(0, 60);
  return /^[A-Za-z0-9]/.test(plain) ? `: --name ${plain}` : ', by --name.';
}
