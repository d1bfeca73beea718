// Alerts on the requests of the service and on what it calls: errors, latency, no traffic at all.
local a = import 'lib/alert.libsonnet';
local q = import 'lib/promql.libsonnet';

function(obskit)
  local l = obskit.http.client_request_duration.labels;
  local usual = q.select('obskit:http_requests:usual');
  local ready = q.container(obskit.kubernetes.container_ready.name);
  local names = {
    job: q.by(),
    dependency: q.by([l.server_address, l.server_port]),
    now: q.select('obskit:http_requests:count'),
    usual: usual,
    ready: ready,
    slow_calls: q.select('obskit:http_calls_slow:bound'),
    usual_calls: q.select('obskit:http_calls_slow:usual'),
    // Without a single series the service is silent, or its telemetry is: only of the first are its pods gone.
    current: |||
      (
        %(now)s
        or 0 * %(usual)s and on (<<by>>) (
          last_over_time(%(ready)s[1h] offset 1m) unless on (<<by>>) %(ready)s == 1
        )
      )
    ||| % { now: q.select('obskit:http_requests:count'), usual: usual, ready: ready },
  };
  local minimum(what) = a.param('5', 1, 100000, 'requests', 'Requests of the window that %s, at the least.' % what);
  local share(default) = a.param(default, 0.001, 1, 'ratio', 'Share that even the lower bound (three sigma) exceeds.');
  local fewer = {
    share: a.param('0.1', 0.001, 0.9, 'ratio', 'Those of the window against the fewest that are usual.'),
    significance: a.param('5', 3, 10, 'sigma', 'How unlikely so few must be by chance (Poisson).'),
  };
  local silent = {
    job: q.by(),
    dependency: names.dependency,
    calls: q.select('obskit:http_calls:count'),
    usual: q.select('obskit:http_calls:usual'),
    requests: names.now,
    usual_requests: usual,
  };
  [
    a.alert('ObskitServiceErrors', {
      judged: true,
      'for': '5s',
      // As long as the five minutes of the burn rate: after a repair nobody is told of the same again.
      keep_firing_for: '5m',
      severity: 'critical',
      value: q.select('obskit:http_requests_failed:bound'),
      above: '<<param:share>>',
      guard: |||
        %s > <<slo_failed>>
        and %s >= <<param:minimum>>
      ||| % [q.select('obskit:http_requests_failed:bound'), q.select('obskit:http_requests_failed:count')],
      unit: 'percentunit',
      params: { share: share('0.02'), minimum: minimum('failed') },
      summary: 'Requests fail.',
      description: 'At least {{ $value | humanizePercentage }} of the requests end in a server error.',
      fault: 'half of the requests end in a server error',
      window_share: '0.5',
      budget: 21,
    }),
    a.alert('ObskitServiceSlow', {
      judged: true,
      'for': '5s',
      keep_firing_for: '5m',
      value: q.select('obskit:http_requests_slow:bound'),
      above: '<<param:share>>',
      guard: |||
        %s > <<slo_slow>>
        and %s >= <<param:minimum>>
      ||| % [q.select('obskit:http_requests_slow:bound'), q.select('obskit:http_requests_slow:count')],
      unit: 'percentunit',
      params: { share: share('0.05'), minimum: minimum('were slow') },
      summary: 'Requests are slow.',
      description: 'At least {{ $value | humanizePercentage }} of the requests take longer than <<slo_latency>> s.',
      fault: 'half of the requests take longer than the objective',
      window_share: '0.5',
      budget: 21,
    }),
    a.alert('ObskitServiceTrafficGone', {
      judged: true,
      keep_firing_for: '1m',
      severity: 'critical',
      value: '%(current)s/ on (%(job)s) %(usual)s' % names,
      below: '<<param:share>>',
      guard: |||
        2 * (sqrt(%(current)s+ 0.375) - on (%(job)s) sqrt(%(usual)s + 0.375)) < -<<param:significance>>
        and on (%(job)s) %(now)s offset 10m > 0
      ||| % names,
      unit: 'percentunit',
      params: fewer,
      summary: 'The requests of the service are gone.',
      description: 'Only {{ $value | humanizePercentage }} of the requests that came at the least within the last hour come now.',
      fault: 'every request stays away',
      window_share: '1',
      budget: 21,
    }),
    a.alert('ObskitServiceDependencyFailing', {
      group: 'calls',
      judged: true,
      'for': '5s',
      keep_firing_for: '1m',
      value: q.select('obskit:http_calls_failed:bound'),
      above: '<<param:share>>',
      guard: q.select('obskit:http_calls_failed:count') + ' >= <<param:minimum>>',
      unit: 'percentunit',
      legend: '{{%s}}' % l.server_address,
      params: { share: share('0.05'), minimum: minimum('failed') },
      summary: 'Calls to another service fail.',
      description: 'At least {{ $value | humanizePercentage }} of the calls to {{ $labels.%s }} fail.' % l.server_address,
      fault: 'half of the calls to another service fail at once',
      window_share: '0.5',
      budget: 21,
    }),
    a.alert('ObskitServiceDependencySlow', {
      group: 'calls',
      judged: true,
      'for': '5s',
      keep_firing_for: '1m',
      value: names.slow_calls,
      above: '<<param:share>>',
      // Some calls are always slow: only more than usual is worth a word.
      guard: |||
        %(slow)s >= <<param:minimum>>
        and on (%(dependency)s) %(slow_calls)s > on (%(dependency)s) <<param:factor>> * %(usual_calls)s
      ||| % (names { slow: q.select('obskit:http_calls_slow:count') }),
      unit: 'percentunit',
      legend: '{{%s}}' % l.server_address,
      params: {
        share: share('0.05'),
        minimum: minimum('were slow'),
        factor: a.param('3', 1, 100, 'ratio', 'How many times the usual share of the last six hours it must be.'),
      },
      summary: 'Calls to another service are slow.',
      description: 'At least {{ $value | humanizePercentage }} of the calls to {{ $labels.%s }} take longer than <<slo_latency>> s.' % l.server_address,
      fault: 'half of the calls to another service take longer than the latency objective',
      window_share: '0.5',
      budget: 21,
    }),
    a.alert('ObskitServiceDependencySilent', {
      group: 'calls',
      judged: true,
      'for': '30s',
      keep_firing_for: '10m',
      latency_class: 'normal',
      // Some instrumentations measure no call that ends in an exception: of a host that is down nothing is left to see.
      value: '(%(calls)s or 0 * %(usual)s) / on (%(dependency)s) %(usual)s' % silent,
      below: '<<param:share>>',
      guard: |||
        2 * (sqrt((%(calls)s or 0 * %(usual)s) + 0.375) - on (%(dependency)s) sqrt(%(usual)s + 0.375)) < -<<param:significance>>
        and on (%(dependency)s) %(calls)s offset 10m > 0
        and on (%(job)s) %(requests)s > on (%(job)s) 0.5 * %(usual_requests)s
      ||| % silent,
      unit: 'percentunit',
      legend: '{{%s}}' % l.server_address,
      params: fewer,
      summary: 'Calls to another service have stopped.',
      description: 'Only {{ $value | humanizePercentage }} of the calls to {{ $labels.%s }} that came at the least within the last hour end with an answer now, while the service has its requests.' % l.server_address,
      fault: 'no call to another service gets an answer',
      window_share: '1',
      budget: 86,
      inhibited_by: a.held(['ObskitServiceDependencyFailing'], [l.server_address, l.server_port]),
    }),
  ]
