import { sluiceWorkflows } from '@sluice/workflows';
import * as pipelines from './pipelines.ts';

export default sluiceWorkflows(pipelines);
