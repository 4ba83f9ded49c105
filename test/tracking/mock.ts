import { MockAgent, type MockPool } from 'undici'
import { createMlflow, type Mlflow, type MlflowSettings } from '../../pipeline/tracking/mlflow.ts'

export const uri = 'http://mlflow.test:5000'

/** A connection to a server that answers only what the test says, and the waits (in ms) that it would have taken between attempts. */
export function mockMlflow(settings: Partial<MlflowSettings> = {}): {
  mlflow: Mlflow
  server: MockPool
  waits: number[]
  agent: MockAgent
} {
  const agent = new MockAgent()
  agent.disableNetConnect()
  const waits: number[] = []
  const pause = async (ms: number) => waits.push(ms)
  const mlflow = createMlflow({ uri, ...settings, dispatcher: agent, pause })
  return { mlflow, server: agent.get(uri), waits, agent }
}
