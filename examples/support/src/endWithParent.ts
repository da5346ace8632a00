/** Loaded into a process by `--import`: ends it when whoever started it is gone, also when that was killed. */
const parent = process.ppid
const watch = setInterval(() => {
  if (process.ppid === parent) return
  clearInterval(watch)
  process.kill(process.pid, "SIGTERM")
}, 500).unref()
