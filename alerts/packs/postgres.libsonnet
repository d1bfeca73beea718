// Alerts on PostgreSQL, as postgres_exporter sees it.
local a = import '../lib/alert.libsonnet';
local q = import '../lib/promql.libsonnet';

function(obskit)
  local pg = obskit.postgres;
  local up = q.scraped(pg.up.name);
  local one = q.target();
  local seconds(default, brief) = { seconds: a.param(default, 1, 604800, 'seconds', brief) };
  // Not pg_stat_activity: without the role pg_monitor it leaves out the sessions of others, and nobody sees the limit near.
  local connections = |||
    sum by (%(one)s) (%(used)s)
    / on (%(one)s) (
      max by (%(one)s) (%(max)s)
      - on (%(one)s) max by (%(one)s) (%(superuser)s)
      - on (%(one)s) (max by (%(one)s) (%(reserved)s) or on (%(one)s) 0 * max by (%(one)s) (%(max)s))
    )
  ||| % {
    one: one,
    used: q.scraped(pg.numbackends.name),
    max: q.scraped(pg.max_connections.name),
    superuser: q.scraped(pg.superuser_reserved.name),
    reserved: q.scraped(pg.reserved_connections.name),
  };
  local used = 'PostgreSQL {{ $labels.instance }} has {{ $value | humanizePercentage }} of the connections that it allows to ordinary users.';
  [
    a.alert('ObskitPostgresDown', {
      'for': '5s',
      severity: 'critical',
      value: 'max by (%s) (%s)' % [one, up],
      below: '1',
      unit: 'short',
      legend: '{{namespace}} {{instance}}',
      summary: 'A PostgreSQL server does not answer.',
      description: 'The exporter of {{ $labels.job }} cannot connect to PostgreSQL {{ $labels.instance }}.',
      fault: 'a server ends, or refuses the exporter',
      window_share: '0',
      source: 'scrape',
      budget: 20,
    }),
    a.alert('ObskitPostgresUnseen', {
      'for': '2m',
      latency_class: 'normal',
      value: q.silent(up, q.scraped(obskit.telemetry.up.name)),
      above: '0',
      unit: 'short',
      legend: '{{namespace}} {{job}}',
      summary: 'Nobody reports on a PostgreSQL server any more.',
      description: 'Targets of {{ $labels.job }} that told of PostgreSQL within the last hour and are silent: {{ $value }}.',
      fault: 'an exporter of a server no longer answers, or the last one is gone',
      window_share: '0',
      source: 'scrape',
      budget: 165,
    }),
    a.alert('ObskitPostgresConnectionsNearLimit', {
      'for': '2m',
      latency_class: 'normal',
      value: connections,
      above: '<<param:share>>',
      unit: 'percentunit',
      legend: '{{namespace}} {{instance}}',
      params: { share: a.param('0.8', 0.1, 1, 'ratio', 'Share of the connections for ordinary users that may be open.') },
      summary: 'A PostgreSQL server has most of the connections that it allows.',
      description: used,
      fault: 'more than 80 % of the connections are open',
      window_share: '0',
      source: 'scrape',
      budget: 165,
      inhibited_by: a.held(['ObskitPostgresConnectionsExhausted'], ['job', 'pod', 'instance']),
    }),
    a.alert('ObskitPostgresConnectionsExhausted', {
      'for': '5s',
      severity: 'critical',
      value: connections,
      above: '<<param:share>>',
      unit: 'percentunit',
      legend: '{{namespace}} {{instance}}',
      params: { share: a.param('0.97', 0.1, 1, 'ratio', 'Share of the connections for ordinary users that may be open.') },
      summary: 'A PostgreSQL server is out of connections, or nearly so.',
      description: used,
      fault: 'more than 97 % of the connections are open',
      window_share: '0',
      source: 'scrape',
      budget: 20,
    }),
    a.alert('ObskitPostgresReplicationLagging', {
      // A standby of an idle primary looks hours old for the moment in which it replays a record that is no transaction.
      'for': '30s',
      latency_class: 'normal',
      value: 'max by (%s) (%s)' % [one, q.scraped(pg.replication_lag.name)],
      above: '<<param:seconds>>',
      unit: 's',
      legend: '{{namespace}} {{instance}}',
      params: seconds('30', 'How old the last replayed transaction may be.'),
      summary: 'A standby is behind its primary.',
      description: 'What the standby {{ $labels.instance }} shows is {{ $value | humanizeDuration }} old.',
      fault: 'the last transaction that a standby replayed is more than 30 s old',
      window_share: '0',
      source: 'scrape',
      budget: 75,
    }),
    a.alert('ObskitPostgresReplicaLost', {
      'for': '1m',
      latency_class: 'normal',
      // A standby that is cut off says that its lag is 0: it has replayed all that it got. Only the primary misses it.
      // Copies that a new standby is made from come and go; after a failover nobody streams from the old primary.
      local of(matchers) = q.scraped(pg.replication_diff.name, matchers + 'application_name!~"pg_basebackup|.*-join"'),
      local names = { each: q.target(['application_name']), before: of('state="streaming", '), now: of('') },
      value: |||
        count by (%(each)s) (max_over_time(%(before)s[1h]))
        unless on (%(each)s) %(now)s
      ||| % names,
      above: '0',
      guard: 'on (%s) %s == 0' % [one, q.scraped(pg.is_replica.name)],
      unit: 'short',
      legend: '{{namespace}} {{instance}} {{application_name}}',
      summary: 'A standby no longer streams from its primary.',
      description: '{{ $labels.application_name }} streamed from PostgreSQL {{ $labels.instance }} within the last hour and does not any more.',
      fault: 'a standby loses its connection to the primary',
      window_share: '0',
      source: 'scrape',
      budget: 105,
    }),
    a.alert('ObskitPostgresSlotRetainsWal', {
      latency_class: 'normal',
      value: 'max by (%s) (%s)' % [q.target(['slot_name']), q.scraped(pg.slot_diff.name)],
      above: '<<param:bytes>>',
      unit: 'bytes',
      legend: '{{namespace}} {{instance}} {{slot_name}}',
      params: { bytes: a.param('10737418240', 1048576, 109951162777600, 'bytes', 'WAL that may be kept for a slot.') },
      summary: 'A replication slot keeps much WAL.',
      description: 'PostgreSQL {{ $labels.instance }} keeps {{ $value | humanize1024 }}B of WAL for the slot {{ $labels.slot_name }}.',
      fault: 'nobody reads from a slot until 10 GiB are kept for it',
      window_share: '0',
      source: 'scrape',
      budget: 45,
    }),
    a.alert('ObskitPostgresTransactionLong', {
      // Backups take as long as they take. Autovacuum's transactions are no client's, and an old exporter cannot tell.
      local clients = 'application_name!~"pg_dump|pg_dumpall|pg_basebackup", backend_type=~"client backend|"',
      value: 'max by (%s) (%s)' % [
        q.target(['datname', 'usename', 'application_name']),
        q.scraped(pg.max_tx_duration.name, clients),
      ],
      above: '<<param:seconds>>',
      unit: 's',
      legend: '{{namespace}} {{instance}} {{datname}} {{usename}}',
      params: seconds('300', 'How old a transaction may be.'),
      summary: 'A transaction has been open for long.',
      description: 'A transaction{{ with $labels.usename }} of {{ . }}{{ end }}{{ with $labels.application_name }} ({{ . }}){{ end }} in {{ $labels.datname }} of PostgreSQL {{ $labels.instance }} has been open for {{ $value | humanizeDuration }}.',
      fault: 'a transaction is open for more than 5 minutes',
      window_share: '0',
      source: 'scrape',
      budget: 15,
    }),
    a.alert('ObskitPostgresDeadlocks', {
      latency_class: 'normal',
      // Rounded, since increase() makes 5.2 of 5.
      value: 'round(sum by (%s) (increase(%s[5m])))' % [q.target(['datname']), q.scraped(pg.deadlocks.name)],
      above: '<<param:deadlocks>>',
      unit: 'short',
      legend: '{{namespace}} {{instance}} {{datname}}',
      params: { deadlocks: a.param('4', 0, 10000, 'deadlocks', 'Deadlocks within five minutes that are borne.') },
      summary: 'Transactions lock each other out again and again.',
      description: '{{ $value }} deadlocks within five minutes in {{ $labels.datname }} of PostgreSQL {{ $labels.instance }}.',
      fault: 'five deadlocks happen at once',
      window_share: '0',
      source: 'scrape',
      budget: 45,
    }),
    a.alert('ObskitPostgresArchiveFailing', {
      'for': '1m',
      severity: 'critical',
      latency_class: 'normal',
      // WAL is archived in order, so one file that fails holds up the rest; what succeeds at a second attempt is no fault.
      value: |||
        max by (%(one)s) (increase(%(failed)s[<<scrape_two_minutes>>s]))
        unless on (%(one)s) increase(%(archived)s[<<scrape_two_minutes>>s]) > 0
      ||| % { one: one, failed: q.scraped(pg.archive_failed.name), archived: q.scraped(pg.archived.name) },
      above: '0',
      unit: 'short',
      legend: '{{namespace}} {{instance}}',
      summary: 'WAL is not archived.',
      description: 'PostgreSQL {{ $labels.instance }} fails to archive WAL, and has archived none for <<scrape_two_minutes>> s.',
      fault: 'archive_command begins to fail',
      window_share: '1',
      source: 'scrape',
      budget: 215,
    }),
    a.alert('ObskitPostgresWraparound', {
      severity: 'critical',
      latency_class: 'normal',
      value: |||
        max by (%(each)s) (
          label_replace(%(xid)s, "kind", "transactions", "", "")
          or label_replace(%(multixact)s, "kind", "multixacts", "", "")
        )
      ||| % { each: q.target(['datname', 'kind']), xid: q.scraped(pg.xid_age.name), multixact: q.scraped(pg.multixact_age.name) },
      above: '<<param:age>>',
      unit: 'short',
      legend: '{{namespace}} {{instance}} {{datname}} {{kind}}',
      params: { age: a.param('1000000000', 1000000, 2000000000, 'transactions', 'How old the oldest one may be that is not frozen.') },
      summary: 'A database comes near the wraparound of its transaction numbers.',
      description: '{{ $labels.datname }} of PostgreSQL {{ $labels.instance }} has {{ $value | humanize }} {{ $labels.kind }} that are not frozen, of 2.1G at which it takes no more writes.',
      fault: 'a thousand million transactions pass without a vacuum that freezes',
      window_share: '0',
      source: 'scrape',
      budget: 45,
    }),
  ]
