import { EngineError, type ErrorCode } from '../../contract/errors.ts'
import { convertLayers, type ConvertJob, type ConvertResult } from './convert-job.ts'

/** What the conversion process says to the engine. */
export type WorkerMessage =
  | { progress: { layer: number; bytes: number } }
  | { result: ConvertResult }
  | { error: { code: ErrorCode | 'INTERNAL'; message: string; errno?: string } }

/** Some ten messages a second are enough for any progress bar. */
const REPORT_MS = 100

// A process of its own: the engine stays responsive, its memory stays small, and cancelling is a kill.
// When the engine dies, so does this: nobody would publish the result.
process.on('disconnect', () => process.exit(1))
process.once('message', (job: ConvertJob) => void run(job))

async function run(job: ConvertJob): Promise<void> {
  let reported = 0
  try {
    const result = await convertLayers(job, (layer, bytes) => {
      const now = Date.now()
      if (bytes < job.layers[layer]!.size && now - reported < REPORT_MS) return
      reported = now
      send({ progress: { layer, bytes } })
    })
    send({ result })
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    const known = error instanceof EngineError
    send({ error: known ? { code: error.code, message } : { code: 'INTERNAL', message, errno: code } })
  }
}

function send(message: WorkerMessage): void {
  process.send!(message)
}
