import { Metric } from "effect"

// Names and units follow Prometheus. No label may ever contain a tenant, an id or anything else a client chooses.

export const eventsAccepted = Metric.counter("tracker_events_accepted_total", {
  description: "New events committed.",
  incremental: true
})
export const eventsDuplicate = Metric.counter("tracker_events_duplicate_total", {
  description: "Events that were already stored.",
  incremental: true
})
export const eventsRejected = (code: string) =>
  Metric.counter("tracker_events_rejected_total", {
    description: "Events rejected, by reason.",
    incremental: true,
    attributes: { code }
  })

/** Seconds; from a key lookup to a write on a store that hangs. */
const latencies = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export const requestDuration = (labels: { readonly method: string; readonly route: string; readonly status: string }) =>
  Metric.histogram("tracker_http_request_duration_seconds", {
    description: "Time from a request's head to its response's, by route.",
    boundaries: latencies,
    attributes: labels
  })

export const streamReaders = Metric.gauge("tracker_stream_readers", { description: "Current readers of the stream." })
export const streamReadersCut = Metric.counter("tracker_stream_readers_cut_total", {
  description: "Readers disconnected because they did not keep up.",
  incremental: true
})
export const inFlightBytes = Metric.gauge("tracker_ingest_in_flight_bytes", {
  description: "Bytes of request bodies being processed."
})
export const inFlightLimit = Metric.gauge("tracker_ingest_in_flight_limit_bytes", {
  description: "Maximum bytes of request bodies processed at once."
})

export const connectionsUsed = Metric.gauge("tracker_database_connections_used", {
  description: "Connections of the pool in use."
})
export const connectionsWaiting = Metric.gauge("tracker_database_connections_waiting", {
  description: "Requests waiting for a connection of the pool."
})
export const connectionsLimit = Metric.gauge("tracker_database_connections_limit", {
  description: "Maximum connections of the pool."
})

export const databaseUp = Metric.gauge("tracker_database_up", {
  description: "1 if the database responded to the last check, made every 15 s."
})
export const databaseBytes = Metric.gauge("tracker_database_size_bytes", {
  description: "Size of the database on disk."
})
export const longestTransaction = Metric.gauge("tracker_database_longest_write_seconds", {
  description: "Age of the oldest transaction that has written; streams are held back until it ends."
})
export const partitions = Metric.gauge("tracker_timeline_partitions", {
  description: "Weeks of the timeline that have a partition."
})
export const partitionsAhead = Metric.gauge("tracker_timeline_partitions_ahead", {
  description: "Future weeks that already have a partition."
})
export const defaultPartitionBytes = Metric.gauge("tracker_timeline_default_partition_bytes", {
  description: "Size of the default partition, for events whose week has none; should be 0."
})

export const residentMemory = Metric.gauge("process_resident_memory_bytes", { description: "Memory of the process." })
export const heapUsed = Metric.gauge("nodejs_heap_size_used_bytes", {
  description: "Heap in use, live or not yet collected."
})
export const cpuSeconds = Metric.counter("process_cpu_seconds_total", { description: "CPU time of the process." })
export const startTime = Metric.gauge("process_start_time_seconds", {
  description: "Start time of the process, Unix time."
})
export const eventLoopDelay = Metric.gauge("nodejs_eventloop_lag_p99_seconds", {
  description: "Timer delay, 99th percentile since the last reading."
})
export const buildInfo = (version: string) =>
  Metric.gauge("tracker_build_info", {
    description: "Always 1; the label is the running version.",
    attributes: { version }
  })

export const busConnected = Metric.gauge("tracker_bus_connected", {
  description: "1 while connected to the bus."
})
export const busListening = (topic: string) =>
  Metric.gauge("tracker_bus_listening", {
    description: "1 while messages of a topic can be consumed.",
    attributes: { topic }
  })
export const busLag = (topic: string) =>
  Metric.gauge("tracker_bus_lag", {
    description: "Messages of a topic not stored yet.",
    attributes: { topic }
  })
export const busRedeliveries = (topic: string) =>
  Metric.counter("tracker_bus_redeliveries_total", {
    description: "Messages this server received that had been delivered before.",
    incremental: true,
    attributes: { topic }
  })
