import { setFlagsFromString } from "node:v8"

/*
 * Set before anything is loaded, for the server's process alone. V8 takes the memory of the whole machine as its measure
 * and lets garbage pile up to four times of what lives before it collects the old space, and new objects fill 128 MiB.
 * Events live for some milliseconds, so both only make the process larger: under full load of 64 connections it took 505 MB
 * within seconds, and takes 373 within minutes, at no measurable cost of CPU.
 */
setFlagsFromString("--semi-space-growth-factor=1")
setFlagsFromString("--heap-growing-percent=100")
