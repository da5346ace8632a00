export const run = async (_words: ReadonlyArray<string>): Promise<void> => {}
