/** Share of the samples that are left out: what has only just started still grows. */
const settlingShare = 0.2

const mean = (values: ReadonlyArray<number>) => values.reduce((sum, value) => sum + value, 0) / values.length

/**
 * Whether samples, taken at a steady pace, stay where they are. A line is laid through the last four fifths of them (least
 * squares): what it rises over that time is `rssMbGrown`. How much they go up and down by themselves is `rssMbNoise`: two
 * standard deviations from the line, and never less than a hundredth of their mean. They are flat where they have not
 * grown by more than that, so where `grownToNoise` is 1 at most.
 */
export const flatness = (samples: ReadonlyArray<number>) => {
  const settled = samples.slice(Math.floor(samples.length * settlingShare))
  const middle = (settled.length - 1) / 2
  const average = mean(settled)
  const spread = settled.reduce((sum, _, at) => sum + (at - middle) ** 2, 0)
  const slope = spread === 0
    ? 0
    : settled.reduce((sum, value, at) => sum + (at - middle) * (value - average), 0) / spread
  const residuals = settled.map((value, at) => value - average - slope * (at - middle))
  const deviation = Math.sqrt(mean(residuals.map((residual) => residual ** 2)))
  const rssMbGrown = slope * (settled.length - 1)
  const rssMbNoise = Math.max(2 * deviation, average / 100)
  return { rssMbMean: average, rssMbGrown, rssMbNoise, grownToNoise: rssMbGrown / rssMbNoise }
}
