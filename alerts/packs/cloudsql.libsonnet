// Alerts on Cloud SQL for PostgreSQL, as Cloud Monitoring tells of it through stackdriver_exporter.
local a = import '../lib/alert.libsonnet';
local q = import '../lib/promql.libsonnet';

function(obskit)
  local sql = obskit.cloudsql;
  local by(labels=[]) = '<<by>>' + std.join(', ', ['project_id', 'database_id'] + labels);
  local one = by();
  local legend = '{{database_id}}';
  // Samples have Google's timestamps: the newest one may be almost four minutes old, of five that an instant query sees.
  local newest(record) = 'last_over_time(%s[10m])' % q.scraped(record.name);
  local grown(record) = 'increase(%s[10m])' % q.scraped(record.name);
  [
    a.alert('ObskitCloudSqlDown', {
      severity: 'critical',
      latency_class: 'normal',
      value: 'max by (%s) (%s)' % [one, newest(sql.up)],
      below: '1',
      unit: 'short',
      legend: legend,
      summary: 'A Cloud SQL instance is not up.',
      description: 'Cloud SQL says that {{ $labels.database_id }} is not up.',
      fault: 'Cloud Monitoring shows that an instance is not up',
      window_share: '0',
      source: 'scrape',
      budget: 45,
    }),
    a.alert('ObskitCloudSqlUnseen', {
      'for': '5m',
      latency_class: 'slow',
      value: |||
        count by (<<by>>project_id) (max_over_time(%(up)s[1h]))
        unless on (<<by>>project_id) last_over_time(%(up)s[10m])
      ||| % { up: q.scraped(sql.up.name) },
      above: '0',
      unit: 'short',
      legend: '{{project_id}}',
      summary: 'Nobody reports on the Cloud SQL instances of a project any more.',
      description: 'For ten minutes nothing has been told of the {{ $value }} Cloud SQL instances of {{ $labels.project_id }}.',
      fault: 'Cloud Monitoring, or the exporter, shows no new sample',
      // Ten minutes of the hour.
      window_share: '0.165',
      source: 'scrape',
      budget: 938,
    }),
    a.alert('ObskitCloudSqlConnectionsNearLimit', {
      'for': '2m',
      latency_class: 'normal',
      value: 'sum by (%s) (%s)' % [one, newest(sql.num_backends)],
      above: '<<param:connections>>',
      unit: 'short',
      legend: legend,
      // Google does not tell the limit. This is 80 % of the smallest one that an instance with a CPU of its own has.
      params: { connections: a.param('80', 1, 100000, 'connections', 'Connections that may be open; set it to 80 % of max_connections.') },
      summary: 'A Cloud SQL instance has many connections.',
      description: '{{ $labels.database_id }} has {{ $value }} connections.',
      fault: 'Cloud Monitoring shows more than 80 connections',
      window_share: '0',
      source: 'scrape',
      budget: 165,
    }),
    a.alert('ObskitCloudSqlReplicationLagging', {
      'for': '1m',
      latency_class: 'normal',
      value: 'max by (%s) (%s)' % [one, newest(sql.replica_lag)],
      above: '<<param:seconds>>',
      unit: 's',
      legend: legend,
      params: { seconds: a.param('60', 1, 604800, 'seconds', 'How far a read replica may be behind.') },
      summary: 'A Cloud SQL read replica is behind its primary.',
      description: '{{ $labels.database_id }} is {{ $value | humanizeDuration }} behind its primary.',
      fault: 'Cloud Monitoring shows a replica that is more than a minute behind',
      window_share: '0',
      source: 'scrape',
      budget: 105,
    }),
    a.alert('ObskitCloudSqlReplicationStopped', {
      'for': '2m',
      latency_class: 'normal',
      value: 'max by (%s) (%s)' % [one, newest(sql.replica_lag)],
      below: '0',
      unit: 's',
      legend: legend,
      summary: 'A Cloud SQL read replica does not replicate.',
      description: 'Cloud SQL says that replication to {{ $labels.database_id }} does not run.',
      fault: 'Cloud Monitoring shows a replica that does not replicate',
      window_share: '0',
      source: 'scrape',
      budget: 165,
    }),
    a.alert('ObskitCloudSqlTransactionOld', {
      latency_class: 'normal',
      value: 'max by (%s) (%s)' % [by(['oldest_transaction_type']), newest(sql.oldest_transaction_age)],
      above: '<<param:transactions>>',
      unit: 'short',
      legend: legend + ' {{oldest_transaction_type}}',
      params: { transactions: a.param('10000000', 1000, 2000000000, 'transactions', 'How many may happen after the oldest one began.') },
      summary: 'A transaction holds up vacuum for long.',
      description: '{{ $value | humanize }} transactions have happened in {{ $labels.database_id }} since the oldest one ({{ $labels.oldest_transaction_type }}) began.',
      fault: 'Cloud Monitoring shows ten million transactions since the oldest one',
      window_share: '0',
      source: 'scrape',
      budget: 45,
    }),
    a.alert('ObskitCloudSqlDeadlocks', {
      latency_class: 'normal',
      // Rounded, since increase() makes 5.5 of 5.
      value: 'round(sum by (%s) (%s))' % [by(['database']), grown(sql.deadlocks)],
      above: '<<param:deadlocks>>',
      unit: 'short',
      legend: legend + ' {{database}}',
      params: { deadlocks: a.param('4', 0, 10000, 'deadlocks', 'Deadlocks within ten minutes that are borne.') },
      summary: 'Transactions lock each other out again and again.',
      description: '{{ $value }} deadlocks within ten minutes in {{ $labels.database }} of {{ $labels.database_id }}.',
      fault: 'Cloud Monitoring shows five deadlocks',
      window_share: '0',
      source: 'scrape',
      budget: 45,
    }),
    a.alert('ObskitCloudSqlArchiveFailing', {
      severity: 'critical',
      latency_class: 'slow',
      // WAL is archived in order, so one file that fails holds up the rest; what succeeds at a second attempt is no fault.
      value: |||
        max by (%(one)s) (%(failed)s)
        unless on (%(one)s) %(archived)s > 0
      ||| % { one: one, failed: grown(sql.archive_failed), archived: grown(sql.archived) },
      above: '0',
      unit: 'short',
      legend: legend,
      summary: 'WAL is not archived.',
      description: '{{ $labels.database_id }} fails to archive WAL, and has archived none for ten minutes.',
      fault: 'Cloud Monitoring shows that archiving begins to fail',
      window_share: '1',
      source: 'scrape',
      budget: 635,
    }),
    a.alert('ObskitCloudSqlWraparound', {
      severity: 'critical',
      latency_class: 'normal',
      value: 'max by (%s) (%s)' % [one, newest(sql.transaction_id_utilization)],
      above: '<<param:share>>',
      unit: 'percentunit',
      legend: legend,
      params: { share: a.param('0.5', 0.01, 1, 'ratio', 'Share of the transaction numbers that may be used up.') },
      summary: 'A database comes near the wraparound of its transaction numbers.',
      description: '{{ $labels.database_id }} has used up {{ $value | humanizePercentage }} of its transaction numbers; at 100% it takes no more writes.',
      fault: 'Cloud Monitoring shows that half of the transaction numbers are used up',
      window_share: '0',
      source: 'scrape',
      budget: 45,
    }),
  ]
