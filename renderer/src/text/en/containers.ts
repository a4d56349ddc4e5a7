export const title = 'Containers'
export const states = {
  created: 'Created',
  running: 'Running',
  paused: 'Paused',
  restarting: 'Restarting',
  removing: 'Removing',
  exited: 'Exited',
  dead: 'Dead',
}
export const health = { starting: 'health unknown yet', healthy: 'healthy', unhealthy: 'unhealthy' }
export const searchLabel = 'Search name, image, label'
export const filter = { label: 'Show', all: 'All', running: 'Running', stopped: 'Stopped' }
export const columns = {
  state: 'State',
  name: 'Name',
  image: 'Image',
  ports: 'Ports',
  cpu: 'CPU',
  memory: 'Own memory',
  shared: 'Shared',
  age: 'Created',
}
export const emptyTitle = 'No containers yet'
export const emptyDetail =
  'Each container is a small machine of its own, forked from a frozen template of its image. Run one, or point docker at Ramet.'
export const runFirst = 'Run a container'
export const selectedCount = (n: number) => `${n} selected`
export const clearSelection = 'Clear the selection'
export const actions = {
  start: 'Start',
  stop: 'Stop',
  restart: 'Restart',
  pause: 'Pause',
  unpause: 'Resume',
  kill: 'Kill',
  remove: 'Remove…',
  rename: 'Rename…',
  logs: 'Logs',
  terminal: 'Terminal',
  openPort: (address: string, inside: string) => `Open ${address}, port ${inside} in the container`,
  copyRun: 'Copy the run command',
  recreate: 'Edit and recreate…',
  saveLaunch: 'Save as a quick launch',
}
export const sharedTip =
  'Pages of the template and the image that this machine reads without a copy of its own.'
export const memoryTip = 'Guest memory that belongs to this machine alone, and the rest of its process.'
export const cpuTip = "Of the host's CPUs; 100 % is one of them, busy all the time."
export const cpuShape = (name: string) => `CPU of ${name} over the last two minutes`
export const removeTitle = (n: number, name: string) =>
  n === 1 ? `Remove ${name}?` : `Remove ${n} containers?`
export const removeDetail = (n: number, running: number) =>
  `${n === 1 ? 'Its' : 'Their'} files that are not in a volume are lost for good.${running > 0 ? ` ${n === 1 ? 'It runs and is' : running === 1 ? 'One of them runs and is' : `${running} of them run and are`} killed first.` : ''}`
export const removeAction = 'Remove'
export const renameTitle = (name: string) => `Rename ${name}`
export const newName = 'New name'
export const rename = 'Rename'
export const savedLaunch = (title: string) => `${title} is now a quick launch`

export const detail = {
  missingTitle: 'This container is gone',
  missingDetail: 'It was removed, here or by another tool.',
  back: 'All containers',
  tabs: {
    overview: 'Overview',
    logs: 'Logs',
    terminal: 'Terminal',
    files: 'Files',
    stats: 'Statistics',
    checkpoints: 'Checkpoints',
    lineage: 'Lineage',
    settings: 'Settings',
    boot: 'Boot log',
    inspect: 'Inspect',
  },
  tabsLabel: 'About this container',
  sections: {
    state: 'State',
    memory: 'Memory',
    ports: 'Ports',
    image: 'Made from',
    network: 'Network',
    mounts: 'Mounts',
    health: 'Health',
  },
  facts: {
    id: 'Id',
    state: 'State',
    image: 'Image',
    command: 'Command',
    created: 'Created',
    started: 'Started',
    origin: 'Last start',
    finished: 'Ended',
    exit: 'Exit code',
    error: 'Error',
    restart: 'Restart',
    own: 'Own memory',
    ownRam: 'Own, in the machine',
    shared: 'Shared with siblings',
    overhead: 'Own, around it',
    size: 'Size of the machine',
    cpus: 'CPUs',
    mac: 'MAC',
    hostname: 'Host name',
    user: 'User',
    workdir: 'Folder',
    labels: 'Labels',
    restarts: 'Restarts',
  },
  /** What the last start came from, and after how long its process ran, where that is known. */
  origins: {
    standby: (took: string) => `from standby${took && `, running after ${took}`}`,
    clone: (took: string) => `forked from a template${took && `, running after ${took}`}`,
    cold: (took: string) => `booted cold${took && `, running after ${took}`}`,
  },
  oom: 'It ran out of memory.',
  noPorts: 'No ports are published.',
  noMounts: 'Nothing is mounted.',
  lastProbe: 'Last check',
  engineDefault: 'default of the engine',
}

export const logs = {
  search: 'Search the logs',
  matches: (at: number, n: number) => (n === 0 ? 'no match' : `${at} of ${n}`),
  previous: 'Previous match',
  next: 'Next match',
  follow: 'Follow',
  wrap: 'Wrap',
  times: 'Times',
  download: 'Download',
  clear: 'Clear the view',
  level: 'Level',
  levels: { all: 'All levels', warn: 'Warnings and errors', error: 'Errors' },
  empty: 'Nothing printed yet',
  emptyDetail: 'What the container prints appears here as it comes.',
  lines: (n: number) => `${n.toLocaleString('en')} lines`,
  dropped: (n: number) => `the first ${n.toLocaleString('en')} are no longer shown; download has all`,
  label: 'Logs',
  ended: 'The container has ended.',
  output: 'Output',
}

export const terminal = {
  new: 'New terminal',
  session: (n: number) => `Terminal ${n}`,
  closeSession: (n: number) => `Close terminal ${n}`,
  notRunning: 'It does not run',
  notRunningDetail: 'A terminal needs a running container. Start it, and this opens.',
  ended: 'The session has ended.',
  lost: 'The connection broke.',
  reconnect: 'Open it again',
  label: 'Terminal',
}

export const files = {
  path: 'Folder',
  go: 'Go',
  up: 'Up',
  upload: 'Upload',
  newFolder: 'New folder',
  folderName: 'Name of the folder',
  refresh: 'Read again',
  download: 'Download',
  downloadTar: 'Download as tar',
  columns: { name: 'Name', size: 'Size', mode: 'Mode', modified: 'Modified' },
  empty: 'This folder is empty',
  emptyDetail: 'Drop files here to upload them.',
  stopped: 'It does not run: a machine is started for a moment for each look at its files.',
  tooBig: 'It is too big to be edited here; download it.',
  binary: 'It is not text; download it.',
  saved: 'Saved',
  editor: (name: string) => `Contents of ${name}`,
  unsaved: 'Changed',
  discardTitle: 'Leave without saving?',
  discardDetail: 'What you changed in this file is lost.',
  discard: 'Leave',
  overwriteTitle: (n: number) => (n === 1 ? 'Replace a file?' : `Replace ${n} files?`),
  overwriteDetail: 'There are files of these names already. What they hold is lost.',
  overwrite: 'Replace',
  uploaded: (n: number) => (n === 1 ? '1 file uploaded' : `${n} files uploaded`),
  uploading: (name: string) => `Uploading ${name}`,
  list: 'Files',
}

export const stats = {
  waiting: 'The first figures come in a moment',
  now: 'Now',
  hour: 'The last hour',
  ownMemory: 'Own memory',
  cpu: 'CPU',
  memory: 'Memory in the machine',
  network: 'Network',
  received: 'received',
  sent: 'sent',
  used: 'used',
  stopped: 'It does not run',
  stoppedDetail: 'Statistics are drawn while it runs and you look.',
  blocks: 'Disk',
  read: 'read',
  written: 'written',
}

export const settingsTab = {
  environment: 'Environment',
  none: 'No variables are set.',
  edit: 'Edit and recreate…',
  hidden: 'Values are hidden',
  show: 'Show values',
  hide: 'Hide values',
  limits: 'Limits and policy',
}

export const boot = {
  label: 'What the guest said on its console',
  ofTemplate: '# While its template was booted',
  ofMachine: '# Since it runs',
  emptyTitle: 'The machine said nothing',
  emptyDetail: 'The guest’s kernel tells warnings and errors here, and there were none.',
}

export const inspect = { search: 'Search in the JSON', label: 'The container as JSON' }
