import { parentPort } from 'node:worker_threads'
import { EngineError, type ErrorCode } from '../../contract/errors.ts'
import { convertLayers, type ConvertJob, type ConvertResult } from './convert-job.ts'
import { readLayer, type LayerBlob } from './layers/decompress.ts'

/** What the engine asks of a worker: one thing, then the process ends. */
export type WorkerJob = { convert: ConvertJob } | { verify: LayerBlob[] }

/** What the worker says to the engine. */
export type WorkerMessage =
  | { progress: { layer: number; bytes: number } }
  | { converted: ConvertResult }
  | { verified: true }
  | { error: { code: ErrorCode | 'INTERNAL'; message: string; errno?: string } }

/** Some ten messages a second are enough for any progress bar. */
const REPORT_MS = 100

// A process of its own: the engine stays responsive, its memory stays small, and cancelling is a kill. In Electron a
// thread. When the engine dies, so does this: nobody would publish the result.
process.on('disconnect', () => process.exit(1))
;(parentPort ?? process).once('message', (job: WorkerJob) => void run(job))

async function run(job: WorkerJob): Promise<void> {
  const layers = 'convert' in job ? job.convert.layers : job.verify
  let reported = 0
  const onProgress = (layer: number, bytes: number): void => {
    const now = Date.now()
    if (bytes < layers[layer]!.size && now - reported < REPORT_MS) return
    reported = now
    send({ progress: { layer, bytes } })
  }
  try {
    if ('convert' in job) finish({ converted: await convertLayers(job.convert, onProgress) })
    else {
      for (const [index, layer] of layers.entries()) {
        await readLayer(layer, { data: () => {}, progress: (bytes) => onProgress(index, bytes) })
      }
      finish({ verified: true })
    }
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    const known = error instanceof EngineError
    finish({ error: known ? { code: error.code, message } : { code: 'INTERNAL', message, errno: code } })
  }
}

function finish(message: WorkerMessage): void {
  // A thread ends when nothing is left to wait for.
  if (parentPort) send(message)
  else process.send!(message, () => process.disconnect())
}

function send(message: WorkerMessage): void {
  if (parentPort) parentPort.postMessage(message)
  else process.send!(message)
}
