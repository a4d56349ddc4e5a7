import { EngineError } from '../../../contract/errors.ts'
import type { MountRecord } from './record.ts'
import { cleanTarget } from './target.ts'

/** What a mode may hold besides `ro` and `rw`; these change nothing here: labels are SELinux's, and caches are none. */
const WITHOUT_EFFECT = ['z', 'Z', 'consistent', 'cached', 'delegated', 'private', 'rprivate', 'copy']
const PROPAGATION = ['shared', 'rshared', 'slave', 'rslave']

/** Reads `SOURCE:TARGET[:MODE]`, or `TARGET` alone for a volume without a name. Rejects as Docker does. */
export function parseBind(text: string): MountRecord {
  const parts = text.split(':')
  const words = parts.length === 2 ? parts[1]!.split(',') : []
  if (parts.length > 3 || parts.some((part) => part === '') || words.some(isMode)) {
    throw new EngineError(
      'INVALID_ARGUMENT',
      `invalid volume specification: '${text}'; write SOURCE:TARGET[:ro]`,
    )
  }
  const [source = '', target = '', mode = ''] = parts.length === 1 ? ['', text] : parts
  const options = mode ? mode.split(',') : []
  for (const option of options) refuseOption(text, option)
  const isPath = source.startsWith('/')
  if (isPath && options.some((option) => option === 'nocopy' || option === 'copy')) {
    throw new EngineError('INVALID_ARGUMENT', `invalid mode: ${mode} (only a volume is copied into)`)
  }
  return {
    type: isPath ? 'bind' : 'volume',
    target: cleanTarget(target, text),
    source,
    readOnly: options.includes('ro'),
    mode,
    ...(options.includes('nocopy') ? { noCopy: true } : {}),
  }
}

const isMode = (word: string): boolean =>
  ['ro', 'rw', 'nocopy', ...WITHOUT_EFFECT, ...PROPAGATION].includes(word)

function refuseOption(text: string, option: string): void {
  if (PROPAGATION.includes(option)) refusePropagation(option)
  if (isMode(option)) return
  throw new EngineError('INVALID_ARGUMENT', `invalid mode: ${option} (in '${text}'); use ro, rw or nocopy`)
}

export function refusePropagation(propagation: string): never {
  throw new EngineError(
    'NOT_SUPPORTED',
    `the propagation '${propagation}' is not possible: what is mounted later does not cross the border of a VM; leave it out`,
  )
}
