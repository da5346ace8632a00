/** Fails the run at once on a Node that is too old for effect 4, rather than somewhere deep inside a test. */
export default () => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number)
  if (major < 22 || (major === 22 && minor < 19)) {
    throw new Error(
      `Tests need Node >= 22.19, this is ${process.version}. Run them by "npm test", which brings its own.`
    )
  }
}
