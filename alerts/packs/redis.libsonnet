// Alerts on Redis and Valkey, as redis_exporter sees them.
local a = import '../lib/alert.libsonnet';
local q = import '../lib/promql.libsonnet';

function(obskit)
  local redis = obskit.redis;
  local s(record, extra='') = q.scraped(record.name, extra);
  local one = q.target();
  local legend = '{{namespace}} {{instance}}';
  [
    a.alert('ObskitRedisDown', {
      'for': '5s',
      severity: 'critical',
      value: 'max by (%s) (%s)' % [one, s(redis.up)],
      below: '1',
      unit: 'short',
      legend: legend,
      summary: 'A Redis server does not answer.',
      description: 'The exporter of {{ $labels.job }} gets no answer from Redis {{ $labels.instance }}.',
      fault: 'a server ends, or refuses the exporter',
      window_share: '0',
      source: 'scrape',
      budget: 20,
    }),
    a.alert('ObskitRedisUnseen', {
      'for': '2m',
      latency_class: 'normal',
      value: q.silent(s(redis.up), q.scraped(obskit.telemetry.up.name)),
      above: '0',
      unit: 'short',
      legend: '{{namespace}} {{job}}',
      summary: 'Nobody reports on a Redis server any more.',
      description: 'Targets of {{ $labels.job }} that told of Redis within the last hour and are silent: {{ $value }}.',
      fault: 'an exporter of a server no longer answers, or the last one is gone',
      window_share: '0',
      source: 'scrape',
      budget: 165,
    }),
    a.alert('ObskitRedisMemoryNearLimit', {
      'for': '1m',
      latency_class: 'normal',
      // A cache is full when it is well used. Without a limit maxmemory is 0, and the share would be infinite.
      value: 'max by (%s) (%s) / on (%s) max by (%s) (%s > 0)' % [one, s(redis.memory_used), one, one, s(redis.memory_max)],
      above: '<<param:share>>',
      guard: 'on (%s) %s' % [one, s(redis.instance_info, 'maxmemory_policy="noeviction"')],
      unit: 'percentunit',
      legend: legend,
      params: { share: a.param('0.9', 0.1, 1, 'ratio', 'Share of maxmemory that may be used where nothing is evicted.') },
      summary: 'A Redis server that evicts nothing is almost full.',
      description: 'Redis {{ $labels.instance }} uses {{ $value | humanizePercentage }} of its memory, and evicts nothing.',
      fault: 'a server without eviction uses more than 90 % of maxmemory',
      window_share: '0',
      source: 'scrape',
      budget: 105,
    }),
    a.alert('ObskitRedisEvicting', {
      'for': '2m',
      latency_class: 'normal',
      // Evictions are what a cache is for. How long a key stays, says whether it is one.
      value: |||
        sum by (%(one)s) (%(keys)s)
        / on (%(one)s) (sum by (%(one)s) (rate(%(evicted)s[5m])) > 0)
      ||| % { one: one, keys: s(redis.db_keys), evicted: s(redis.evicted_keys) },
      below: '<<param:seconds>>',
      unit: 's',
      legend: legend,
      params: { seconds: a.param('600', 1, 604800, 'seconds', 'How long a key stays at the least before it is evicted.') },
      summary: 'A Redis server evicts keys soon after they were written.',
      description: 'A key in Redis {{ $labels.instance }} stays for {{ $value | humanizeDuration }} until it is evicted.',
      fault: 'keys are evicted at a rate at which each stays for two minutes',
      window_share: '0.2',
      source: 'scrape',
      budget: 223,
    }),
    a.alert('ObskitRedisConnectionsRejected', {
      severity: 'critical',
      keep_firing_for: '1m',
      // Not increase(), which would make two of one.
      value: 'sum by (%s) (rate(%s[<<scrape_window>>])) * <<scrape_window_count>>' % [one, s(redis.rejected_connections)],
      above: '<<param:connections>>',
      unit: 'short',
      legend: legend,
      params: { connections: a.param('0', 0, 100000, 'connections', 'Refused connections in the window that are borne.') },
      summary: 'A Redis server refuses connections.',
      description: 'Redis {{ $labels.instance }} refused {{ $value | printf "%.0f" }} connections: maxclients is reached.',
      fault: 'one connection is refused',
      window_share: '0',
      source: 'scrape',
      budget: 15,
    }),
    a.alert('ObskitRedisReplicaLinkDown', {
      'for': '1m',
      latency_class: 'normal',
      // A replica that copies all data is not in step yet, and not to be helped.
      value: |||
        max by (%(one)s) (%(link)s)
        unless on (%(one)s) %(sync)s == 1
      ||| % { one: one, link: s(redis.master_link_up), sync: s(redis.master_sync) },
      below: '1',
      unit: 'short',
      legend: legend,
      summary: 'A Redis replica has lost its master.',
      description: 'Redis {{ $labels.instance }} is a replica, and has not been connected to its master for a minute.',
      fault: 'a replica loses the connection to its master',
      window_share: '0',
      source: 'scrape',
      budget: 105,
    }),
    a.alert('ObskitRedisReplicasMissing', {
      'for': '2m',
      latency_class: 'normal',
      value: 'max by (%s) (max_over_time(%s[1h])) - on (%s) max by (%s) (%s)' % [one, s(redis.connected_slaves), one, one, s(redis.connected_slaves)],
      above: '<<param:replicas>>',
      // After a failover the old master has none, and needs none.
      guard: 'on (%s) %s' % [one, s(redis.instance_info, 'role="master"')],
      unit: 'short',
      legend: legend,
      params: { replicas: a.param('0', 0, 100, 'replicas', 'Replicas that may be missing.') },
      summary: 'A Redis master has fewer replicas than before.',
      description: '{{ $value }} replicas that Redis {{ $labels.instance }} had within the last hour are missing.',
      fault: 'a replica is gone from its master',
      window_share: '0',
      source: 'scrape',
      budget: 165,
    }),
    a.alert('ObskitRedisPersistenceFailing', {
      severity: 'critical',
      value: |||
        min by (%(each)s) (
          label_replace(%(rdb)s, "kind", "snapshot", "", "")
          or label_replace(%(write)s, "kind", "write to the append-only file", "", "")
          or label_replace(%(rewrite)s, "kind", "rewrite of the append-only file", "", "")
        )
      ||| % {
        each: q.target(['kind']),
        rdb: s(redis.rdb_status),
        write: s(redis.aof_write_status),
        rewrite: s(redis.aof_rewrite_status),
      },
      below: '1',
      unit: 'short',
      legend: legend + ' {{kind}}',
      summary: 'A Redis server cannot write its data to disk.',
      description: 'The last {{ $labels.kind }} of Redis {{ $labels.instance }} failed.',
      fault: 'a snapshot, or a write to the append-only file, fails',
      window_share: '0',
      source: 'scrape',
      budget: 15,
    }),
  ]
