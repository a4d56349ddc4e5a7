/** Seconds that a picture of the last hour may show. */
const SPANS = [600, 1800, 3600]

/** The least that holds all samples, whose times are in milliseconds: what is measured fills the picture, in steps. */
export function spanOf(samples: readonly { at: number }[]): number {
  const [first, last] = [samples[0]?.at ?? 0, samples.at(-1)?.at ?? 0]
  return SPANS.find((seconds) => seconds * 1000 >= last - first) ?? 3600
}
