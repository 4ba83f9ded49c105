import { ask, type Mlflow } from './mlflow.ts'
import { type Column, type ColumnType, columns } from './mlmodel.ts'

/** The data a run was trained on. */
export type Dataset = {
  readonly name: string
  /** The data's DVC hash: `<md5>.dir` just fits. */
  readonly digest: string
  /** Where it comes from: DVC's file, and the repository and commit when they are known. */
  readonly source: { readonly [name: string]: unknown }
  /** The schema of the records (an object schema), and the field that is learnt. */
  readonly recordSchema: object
  readonly target: { readonly name: string }
  /** Counts that MLflow's page shows: plain JSON. */
  readonly profile: { readonly [name: string]: number | string }
  /** What it was used for, such as `training`. */
  readonly context: string
}

/** MLflow's limit for a dataset's digest, in characters (`MAX_DATASET_DIGEST_SIZE`). */
const DIGEST_LENGTH = 36

/** Logs the dataset of a run; the same again changes nothing. */
export async function logDataset(mlflow: Mlflow, runId: string, dataset: Dataset): Promise<void> {
  await ask(mlflow, {
    method: 'POST',
    path: '/api/2.0/mlflow/runs/log-inputs',
    idempotent: true,
    json: {
      run_id: runId,
      datasets: [
        {
          tags: [{ key: 'mlflow.data.context', value: dataset.context }],
          dataset: {
            name: dataset.name,
            digest: dataset.digest.slice(0, DIGEST_LENGTH),
            source_type: 'dvc',
            source: JSON.stringify(dataset.source),
            schema: JSON.stringify({
              mlflow_colspec: [...columns(dataset.recordSchema).map(flat), targetColumn(dataset)],
            }),
            profile: JSON.stringify(dataset.profile),
          },
        },
      ],
    },
  })
}

const targetColumn = ({ target }: Dataset) => ({ name: target.name, type: 'double', required: true })

/** MLflow's page of a dataset shows a column's type as a word: arrays and objects have to be one. */
function flat(column: Column): { name: string; type: string; required: boolean } {
  return { name: column.name, type: word(column), required: column.required }
}

function word(type: ColumnType): string {
  return type.type === 'array' ? `array(${word(type.items)})` : type.type
}
