import type { EngineState } from '../../../contract/ipc.ts'

/** Serves: a crash of the engine is shown, and that it was recovered, or not. */
export function tellOfEngine(tell: (level: 'error', message: string) => void): (state: EngineState) => void {
  let ran = false
  /** Why the one that ran ended; undefined while it does not have. */
  let ended: string | undefined
  return (state) => {
    if (state.phase === 'failed') return tell('error', state.message)
    if (state.phase === 'starting') {
      if (ran) ended = state.after ?? 'somebody stopped it'
      return
    }
    if (ended !== undefined)
      tell('error', `The engine had ended (${ended}) and was started again. Containers ran on.`)
    ran = true
    ended = undefined
  }
}
