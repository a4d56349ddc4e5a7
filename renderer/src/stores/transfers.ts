import { defineStore } from 'pinia'
import type { ProgressMessage } from '../../../contract/docker.ts'
import { pathOf } from '../../../contract/names.ts'
import type { TemplateProgress } from '../../../contract/ramet.ts'
import { progress, upload, withQuery } from '../api/engine.ts'
import { refusal } from '../api/failure.ts'
import { jsonLines } from '../api/lines.ts'
import { text } from '../text/index.ts'
import { useActivity, type TaskControls } from './activity.ts'

/** Pull, push, load, make a template: long work with progress. */
export const useTransfers = defineStore('transfers', () => {
  const activity = useActivity()

  function pull(reference: string): Promise<void> {
    return activity.run(text.activity.pulling(reference), ({ signal, ...tell }) => {
      const path = withQuery('/images/create', { fromImage: reference })
      return follow(progress<ProgressMessage>({ method: 'POST', path }, signal), tell)
    })
  }

  function push(name: string): Promise<void> {
    return activity.run(text.activity.pushing(name), ({ signal, ...tell }) =>
      follow(
        progress<ProgressMessage>({ method: 'POST', path: `/images/${pathOf(name)}/push` }, signal),
        tell,
      ),
    )
  }

  function load(file: File): Promise<void> {
    return activity.run(text.activity.loading(file.name), async ({ signal, ...tell }) => {
      const part = { id: file.name, status: text.activity.sending, total: file.size }
      const onSent = (current: number): void => tell.part({ ...part, current })
      const stream = await upload({ method: 'POST', path: '/images/load' }, file, { signal, onSent })
      await follow(jsonLines<ProgressMessage>(stream), tell)
    })
  }

  function makeTemplate(
    image: string,
    options: { rebuild?: boolean; memoryBytes?: number; vcpus?: number } = {},
  ): Promise<void> {
    return activity.run(text.activity.freezing(image), async ({ signal, say }) => {
      const wanted = { method: 'POST', path: '/ramet/v1/templates', body: { image, ...options } } as const
      for await (const lines of progress<TemplateProgress>(wanted, signal)) {
        for (const { status, error } of lines) {
          if (error) throw refusal(500, error)
          say(status)
        }
      }
    })
  }

  return { pull, push, load, makeTemplate }
})

/** A failure after the 200 is the last line. */
async function follow(
  messages: AsyncIterable<ProgressMessage[]>,
  { say, part }: Pick<TaskControls, 'say' | 'part'>,
): Promise<void> {
  for await (const lines of messages) {
    for (const { id, status = '', stream, progressDetail, errorDetail, error } of lines) {
      if (errorDetail || error) throw refusal(500, errorDetail ?? { message: error })
      if (id) part({ id, status, ...progressDetail })
      else say(status || stream?.trim() || '')
    }
  }
}
