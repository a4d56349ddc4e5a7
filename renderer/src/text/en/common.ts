export const close = 'Close'
export const cancel = 'Cancel'
export const copy = 'Copy'
export const copied = 'Copied'
export const selectAll = 'Select all'
export const select = (name: string) => `Select ${name}`
export const others = 'Others'
export const more = 'More'
export const moreOf = (name: string) => `More for ${name}`
export const search = 'Search'
export const retry = 'Try again'
export const remove = 'Remove'
export const create = 'Create'
export const save = 'Save'
export const loading = 'Loading…'
export const name = 'Name'
export const created = 'Created'
export const size = 'Size'
export const never = 'never'
export const none = 'none'
export const yes = 'Yes'
export const no = 'No'
export const skip = 'Skip to the page'
export const nothingFound = 'Nothing matches'
export const nothingFoundDetail = 'Change the search, or clear it.'
export const clearSearch = 'Clear the search'
export const product = 'Ramet'

export const nav = {
  label: 'Pages',
  dashboard: 'Memory',
  containers: 'Containers',
  images: 'Images',
  templates: 'Templates',
  volumes: 'Volumes',
  networks: 'Networks',
  activity: 'Activity',
  settings: 'Settings',
  doctor: 'Health',
}
export const runButton = 'Run'
export const commands = 'Search and commands'
export const saving = (size: string) => `${size} saved`
export const noSaving = 'Nothing runs'

export const undo = 'Undo'
export const connection = {
  connecting: 'Connecting to the engine…',
  down: 'The engine does not answer. Containers run on; this window takes up again as soon as it is back.',
  start: 'Start the engine',
  starting: 'Starting…',
  noSession: 'This page is closed',
}

export const palette = {
  title: 'Commands',
  placeholder: 'Go to, or do…',
  empty: 'No command or object of that name',
  pages: 'Pages',
  actions: 'Actions',
  containers: 'Containers',
  images: 'Images',
  others: 'Volumes, networks, templates',
  launches: 'Quick launches',
  volume: 'volume',
  network: 'network',
  template: (id: string) => `template ${id}`,
  ofContainer: (action: string, name: string) => `${action.replace('…', '')}: ${name}`,
  logsOf: (name: string) => `Logs of ${name}`,
  terminalOf: (name: string) => `Terminal in ${name}`,
  stop: (name: string) => `Stop ${name}`,
  start: (name: string) => `Start ${name}`,
  run: (name: string) => `Run ${name}`,
  launch: (title: string) => `Launch ${title}`,
  pull: 'Pull an image',
  light: 'Light theme',
  dark: 'Dark theme',
  system: 'Theme of the system',
}
export const notices = 'Messages'
/** By what the editor calls them. */
export const editor = {
  Find: 'Find',
  Replace: 'Replace with',
  next: 'Next',
  previous: 'Previous',
  all: 'Select all',
  'match case': 'Match case',
  regexp: 'Regular expression',
  'by word': 'Whole words',
  replace: 'Replace',
  'replace all': 'Replace all',
  close: 'Close',
  'current match': 'Current match',
  'on line': 'on line',
  'replaced $ matches': 'replaced $ matches',
  'replaced match on line $': 'replaced match on line $',
  'Control character': 'Control character',
  'Selection deleted': 'Selection deleted',
  'Go to line': 'Go to line',
  go: 'Go',
}
