/**
 * How the embedded PostgreSQL is tuned: durable, small in memory, and silent about what is in the records
 * (PostgreSQL 18 documentation, chapter 19). Given at each start, so a change here reaches existing clusters.
 */

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '',
  unix_socket_permissions: '0700',
  max_connections: '100',
  // Small memory: one buffer pool, no helper processes that a single machine has no use for.
  shared_buffers: '64MB',
  work_mem: '8MB',
  maintenance_work_mem: '64MB',
  io_method: 'sync',
  huge_pages: 'off',
  max_worker_processes: '4',
  max_parallel_workers_per_gather: '1',
  max_logical_replication_workers: '0',
  jit: 'off',
  random_page_cost: '1.1',
  // The write-ahead log: every commit is on disk before it is answered, and checkpoints are far enough apart.
  fsync: 'on',
  synchronous_commit: 'on',
  wal_level: 'replica',
  min_wal_size: '64MB',
  max_wal_size: '1GB',
  checkpoint_timeout: '15min',
  // Errors and their details may quote a record: the log keeps only what the server says of itself.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_checkpoints: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
};

/** For databases that may be lost. */
const WITHOUT_SAFETY: Readonly<Record<string, string>> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
};

/** The arguments of `postgres` for a cluster and the folder of its socket. */
export function serverArguments(cluster: string, sockets: string, withoutSafety: boolean): readonly string[] {
  const settings = { ...SETTINGS, unix_socket_directories: sockets, ...(withoutSafety ? WITHOUT_SAFETY : {}) };
  return ['-D', cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}
