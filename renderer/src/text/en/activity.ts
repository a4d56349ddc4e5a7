export const title = 'Activity'
export const emptyTitle = 'Nothing is under way'
export const emptyDetail =
  'Pulls, loads, uploads and new templates show here while they work, and say why when they fail.'
export const clear = 'Clear what has ended'
export const cancel = 'Cancel'
export const pulling = (name: string) => `Pull ${name}`
export const pushing = (name: string) => `Push ${name}`
export const loading = (name: string) => `Load ${name}`
export const freezing = (name: string) => `Make a template of ${name}`
export const sending = 'Sending'
export const states = { running: 'Working', done: 'Done', failed: 'Failed', cancelled: 'Cancelled' }
export const took = (time: string) => `took ${time}`
export const running = (n: number) => (n === 1 ? '1 at work' : `${n} at work`)
export const progressOf = (what: string) => `Progress of ${what}`
