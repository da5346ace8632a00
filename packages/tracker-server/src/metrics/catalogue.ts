import { Metric } from "effect"

// Names and units as Prometheus has them. No label may ever have a tenant, an id or whatever else a client chooses.

export const eventsAccepted = Metric.counter("tracker_events_accepted_total", {
  description: "Events that were new and are committed.",
  incremental: true
})
export const eventsDuplicate = Metric.counter("tracker_events_duplicate_total", {
  description: "Events that were stored already.",
  incremental: true
})
export const eventsRejected = (code: string) =>
  Metric.counter("tracker_events_rejected_total", {
    description: "Events that were refused, by reason.",
    incremental: true,
    attributes: { code }
  })

/** Seconds; from a key that is found to a write behind a store that hangs. */
const latencies = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export const requestDuration = (labels: { readonly method: string; readonly route: string; readonly status: string }) =>
  Metric.histogram("tracker_http_request_duration_seconds", {
    description: "From a request's head to its answer's, by route.",
    boundaries: latencies,
    attributes: labels
  })

export const streamReaders = Metric.gauge("tracker_stream_readers", { description: "Readers of the stream, now." })
export const streamReadersCut = Metric.counter("tracker_stream_readers_cut_total", {
  description: "Readers that were cut off since they did not keep up.",
  incremental: true
})
export const inFlightBytes = Metric.gauge("tracker_ingest_in_flight_bytes", {
  description: "Bytes of request bodies that are worked on, now."
})
export const inFlightLimit = Metric.gauge("tracker_ingest_in_flight_limit_bytes", {
  description: "Bytes of request bodies that may be worked on at once."
})

export const connectionsUsed = Metric.gauge("tracker_database_connections_used", {
  description: "Connections of the pool that something runs on, now."
})
export const connectionsWaiting = Metric.gauge("tracker_database_connections_waiting", {
  description: "Requests that wait for a connection of the pool, now."
})
export const connectionsLimit = Metric.gauge("tracker_database_connections_limit", {
  description: "Most connections that the pool opens."
})

export const databaseUp = Metric.gauge("tracker_database_up", {
  description: "1 when the database answered last time, looked at every 15 s."
})
export const databaseBytes = Metric.gauge("tracker_database_size_bytes", {
  description: "Size of the database on disk."
})
export const longestTransaction = Metric.gauge("tracker_database_longest_write_seconds", {
  description: "Age of the oldest transaction that has written: until it ends, streams are held back."
})
export const partitions = Metric.gauge("tracker_timeline_partitions", {
  description: "Weeks of the timeline that have a partition."
})
export const partitionsAhead = Metric.gauge("tracker_timeline_partitions_ahead", {
  description: "Weeks to come that have a partition already."
})
export const defaultPartitionBytes = Metric.gauge("tracker_timeline_default_partition_bytes", {
  description: "Size of the partition for events whose week has none; 0 is right."
})

export const residentMemory = Metric.gauge("process_resident_memory_bytes", { description: "Memory of the process." })
export const heapUsed = Metric.gauge("nodejs_heap_size_used_bytes", {
  description: "Heap that lives, or waits to be collected."
})
export const cpuSeconds = Metric.counter("process_cpu_seconds_total", { description: "CPU time of the process." })
export const startTime = Metric.gauge("process_start_time_seconds", {
  description: "When the process began, Unix time."
})
export const eventLoopDelay = Metric.gauge("nodejs_eventloop_lag_p99_seconds", {
  description: "How late timers were, 99th percentile since the last reading."
})
export const buildInfo = (version: string) =>
  Metric.gauge("tracker_build_info", { description: "1; which version runs.", attributes: { version } })

export const busConnected = Metric.gauge("tracker_bus_connected", {
  description: "1 while there is a connection to the bus."
})
export const busListening = (topic: string) =>
  Metric.gauge("tracker_bus_listening", {
    description: "1 while messages of a topic can be taken.",
    attributes: { topic }
  })
export const busLag = (topic: string) =>
  Metric.gauge("tracker_bus_lag", {
    description: "Messages of a topic that are not stored yet.",
    attributes: { topic }
  })
export const busRedeliveries = (topic: string) =>
  Metric.counter("tracker_bus_redeliveries_total", {
    description: "Messages that this server got which had been delivered before.",
    incremental: true,
    attributes: { topic }
  })
