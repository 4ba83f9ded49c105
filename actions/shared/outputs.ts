import { setOutput } from '@actions/core'

/** Sets an action's outputs; what there is none of is set, too, and empty. */
export function setOutputs(outputs: { readonly [name: string]: string | number | boolean | undefined }): void {
  for (const [name, value] of Object.entries(outputs)) setOutput(name, String(value ?? ''))
}
