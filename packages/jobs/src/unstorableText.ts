/** What keeps a text from being part of a key, if something does: storages know it as UTF-8, and some end it at NUL. */
export const unstorableText = (text: string): string | undefined =>
  text.isWellFormed() && !text.includes("\0") ? undefined : "must not contain NUL or half a surrogate pair"
