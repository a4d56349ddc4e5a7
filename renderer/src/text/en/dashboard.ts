export const title = 'Memory'
export const figures = {
  actual: 'Taken',
  without: 'Without templates',
  saved: 'Saved',
  fits: 'More would fit',
}
export const tips = {
  actual:
    'What running containers hold of this machine’s memory: the private pages and the process of each VM, and each shared page once. Read from the kernel (smaps) for every VM.',
  without:
    'What the same containers would hold had each booted by itself. Each is credited with no more than its template held when it was frozen, so the saving is never overstated.',
  saved:
    'The difference of the two. Everything of templates and images that lies in the page cache is counted against it, whether it is used right now or not.',
  fits: 'How many more containers like those that run fit, by what they hold on average now, into the memory that the kernel could give without swapping. What stays free (in the settings), and what others were promised, is left out.',
}
export const fitsUnknown = 'Run one to see'
export const history = 'The last hour'
export const chart = 'Memory taken, and memory that it would take without templates, over the last hour'
export const takes = 'takes'
export const wouldTake = 'would take'
export const map = 'Memory map'
export const mapHint =
  'Areas are true to size. Shared parts are drawn once; what belongs to one container alone lies on top of what it shares.'
export const mapLabel = 'Memory by image, template and container'
export const legend = {
  shared: 'Template, shared',
  image: 'Image, shared',
  private: 'Private',
  overhead: 'Process',
}
export const emptyTitle = 'Nothing takes memory yet'
export const emptyDetail =
  'Once containers run, this shows what each of them holds, what they share, and what that saves.'
export const waiting = 'The picture begins with the first container.'
export const byImage = 'By image'
export const columns = {
  image: 'Image',
  shared: 'Shared',
  containers: 'Containers',
  own: 'Own, each',
  total: 'Total',
  fits: 'More would fit',
}
export const templateOf = (image: string) => `Template of ${image}`
export const imageOf = (image: string) => `Image ${image}`
export const ofTotal = (size: string) => `of ${size} in all`
export const count = (n: number) => (n === 1 ? '1 container' : `${n} containers`)
