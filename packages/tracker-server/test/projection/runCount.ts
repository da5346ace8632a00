/** How many histories a property is tried on: as many as are usual, or those of `PROPERTY_RUNS`. */
export const runCount = (usual: number): number => Number(process.env["PROPERTY_RUNS"] ?? usual)
