export const title = 'Images'
export const searchLabel = 'Search images'
export const columns = { name: 'Name', id: 'Id', size: 'Size', used: 'Used by', created: 'Created' }
export const emptyTitle = 'No images yet'
export const emptyDetail = 'Pull one from a registry, or drop an archive (docker save) anywhere on this page.'
export const pull = 'Pull'
export const pullTitle = 'Pull an image'
export const pullHint = 'As docker has it: name, name:tag, or registry/name:tag.'
export const reference = 'Image'
export const load = 'Load an archive'
export const drop = 'Drop to load'
export const used = (n: number) => (n === 0 ? '' : n === 1 ? '1 container' : `${n} containers`)
export const run = 'Run'
export const tag = 'Tag…'
export const tagTitle = (name: string) => `Another name for ${name}`
export const push = 'Push'
export const makeTemplate = 'Make a template'
export const remove = 'Remove…'
export const removeTitle = (name: string) => `Remove ${name}?`
export const removeDetail = 'Its layers and its templates go with its last name. It can be pulled again.'
export const untagged = 'without a name'
export const detail = {
  back: 'All images',
  history: 'History',
  labels: 'Labels',
  users: 'Used by',
  nobody: 'No container was made from it.',
  facts: {
    id: 'Id',
    digest: 'Digest',
    created: 'Created',
    platform: 'Platform',
    command: 'Command',
    entrypoint: 'Entrypoint',
    workdir: 'Folder',
    user: 'User',
    ports: 'Ports',
    size: 'Size',
  },
  env: 'Environment',
  step: 'Step',
  missingTitle: 'This image is gone',
  missingDetail: 'It was removed, here or by another tool.',
}
