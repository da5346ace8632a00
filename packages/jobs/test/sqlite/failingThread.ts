/** A thread that does not come as far as its file. */
throw new Error("no memory left")
