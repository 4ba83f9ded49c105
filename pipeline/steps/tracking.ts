import { ensureMlflow } from '../tracking/embedded.ts'
import type { Mlflow } from '../tracking/mlflow.ts'
import type { Context } from './context.ts'

/** Connects to the MLflow that the settings name, else to the embedded server, which is started when it does not run; null where there is to be none. */
export async function connect({ root, tracking, progress }: Context): Promise<Mlflow | null> {
  return tracking && (await ensureMlflow(root, tracking, { log: progress })).mlflow
}
