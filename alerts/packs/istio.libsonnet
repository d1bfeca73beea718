// Alerts on the mesh: its security (mutual TLS, authorization, certificates), its requests, its configuration.
local a = import '../lib/alert.libsonnet';
local q = import '../lib/promql.libsonnet';

function(obskit)
  local i = obskit.istio;
  local minimum(of) = a.param('5', 1, 1000, 'requests', 'Requests in the window that %s, at the least.' % of);
  local legend = { server: '{{namespace}}/{{destination_canonical_service}}', client: '{{namespace}}/{{destination_service_name}} {{destination_workload}}' };
  local server = '{{ $labels.destination_canonical_service }} in namespace {{ $labels.namespace }}';
  local client = '{{ $labels.destination_service_name }} (workload {{ $labels.destination_workload }}, namespace {{ $labels.namespace }})';
  local plaintext = q.select('obskit:istio_plaintext:count');
  local denied = q.select('obskit:istio_denied:count');
  local accesses = q.select('obskit:istio_accesses:count');
  [
    a.alert('ObskitIstioMtlsDowngraded', {
      severity: 'critical',
      keep_firing_for: '2m',
      // Only of what had mutual TLS and nothing else, an hour before and longer: a mesh that is being introduced has
      // services with both. The hour is how long it fires: what has lasted longer is what they have now.
      value: plaintext,
      above: '0',
      unit: 'short',
      legend: legend.server,
      guard: |||
        max_over_time(%s[3h] offset 1h) > 0
        unless max_over_time(%s[3h] offset 1h) > 0
      ||| % [q.select('obskit:istio_mutual_tls:count'), plaintext],
      summary: 'A service that had mutual TLS alone takes requests in plain text.',
      description: '%s took {{ $value | printf "%%.0f" }} requests or connections without mutual TLS; an hour ago and before, all had it.' % server,
      fault: 'the first request in plain text',
      window_share: '0',
      source: 'scrape',
      budget: 15,
    }),
    a.alert('ObskitIstioAccessDenied', {
      judged: true,
      keep_firing_for: '1m',
      // Denials by a policy and refusals by the service are the same series: only a rise says that something changed.
      // Of a service that is new nothing was denied; where nothing at all was seen before, nobody knows.
      value: |||
        %s
        - <<param:times>> * (
          sum_over_time(%s[1h] offset 10m) / sum_over_time(%s[1h] offset 10m)
          or %s * 0 and on (<<by>>job) %s offset 10m
        )
      ||| % [q.chomp(q.wilson(accesses, q.select('obskit:istio_denied:ratio'))), denied, accesses, accesses, accesses],
      above: '<<param:share>>',
      unit: 'percentunit',
      legend: legend.server,
      guard: '%s >= <<param:minimum>>' % denied,
      params: {
        share: a.param('0.01', 0.001, 0.9, 'ratio', 'How far even the lower bound (three sigma) of the share must be above that of the hour before.'),
        times: a.param('2', 1, 100, 'ratio', 'How many times the share of the hour before is usual.'),
        minimum: minimum('were denied'),
      },
      summary: 'Far more requests to a service are denied than before.',
      description: 'The share of requests to %s that are denied (403, gRPC PERMISSION_DENIED, or by ztunnel) is at least {{ $value | humanizePercentage }} above what is usual.' % server,
      fault: 'a policy denies every request',
      window_share: '0.15',
      source: 'scrape',
      budget: 20,
    }),
    a.alert('ObskitIstioErrors', {
      judged: true,
      severity: 'critical',
      keep_firing_for: '1m',
      value: q.wilson(q.select('obskit:istio_requests:count'), q.select('obskit:istio_failed:ratio')),
      above: '<<param:share>>',
      unit: 'percentunit',
      legend: legend.client,
      guard: '%s >= <<param:minimum>>' % q.select('obskit:istio_failed:count'),
      params: {
        share: a.param('0.05', 0.001, 0.9, 'ratio', 'Share of failed requests that even the lower bound (three sigma) exceeds.'),
        minimum: minimum('failed'),
      },
      summary: 'Requests to a service of the mesh fail.',
      description: 'At least {{ $value | humanizePercentage }} of the requests to %s fail, as their clients see it.' % client,
      fault: 'half of the requests to a workload fail',
      window_share: '0.2',
      source: 'scrape',
      budget: 21,
    }),
    a.alert('ObskitIstioSlow', {
      judged: true,
      'for': '30s',
      keep_firing_for: '1m',
      latency_class: 'normal',
      // That the 95th percentile is above a second is that 5 % are slower: of a share there is a bound.
      value: q.wilson(q.select('obskit:istio_timed:count'), q.select('obskit:istio_slow:ratio')),
      above: '<<param:share>>',
      unit: 'percentunit',
      legend: legend.client,
      guard: '%s >= <<param:minimum>>' % q.select('obskit:istio_slow:count'),
      params: {
        share: a.param('0.05', 0.001, 0.9, 'ratio', 'Share of slow requests that even the lower bound (three sigma) exceeds; 0.05 is the 95th percentile.'),
        minimum: minimum('were slow'),
      },
      summary: 'Requests to a service of the mesh are slow.',
      description: 'At least {{ $value | humanizePercentage }} of the requests to %s take longer than a second, as their clients see it.' % client,
      fault: 'half of the requests to a workload are slow',
      window_share: '0.2',
      source: 'scrape',
      budget: 81,
    }),
    a.alert('ObskitIstioConfigRejected', {
      severity: 'critical',
      keep_firing_for: '5m',
      // The counter is born by the first refusal, which is often the only one until somebody pushes again.
      value: 'sum by (<<by>>namespace, type) (%s)' % q.happened(q.scraped(i.xds_rejects.name), '<<scrape_two_minutes>>s'),
      above: '0',
      unit: 'short',
      legend: '{{type}}',
      summary: 'Proxies refuse what istiod sends them.',
      description: 'Within <<scrape_two_minutes>> s proxies refused at least {{ $value | printf "%.0f" }} configurations of type {{ $labels.type }} from istiod in namespace {{ $labels.namespace }}: they go on with the one before, and drift.',
      fault: 'a proxy refuses a configuration for the first time',
      window_share: '0',
      source: 'scrape',
      budget: 15,
    }),
    a.alert('ObskitIstioConfigInvalid', {
      latency_class: 'normal',
      // Who applies it by hand is told by kubectl; what comes again and again is a pipeline that nobody looks at.
      value: 'sum by (<<by>>namespace, group, resource, reason) (%s)' % q.happened(q.scraped(i.validation_failed.name), '10m'),
      above: '<<param:refusals>>',
      unit: 'short',
      legend: '{{resource}}: {{reason}}',
      params: { refusals: a.param('3', 0, 1000, 'refusals', 'How many refusals within ten minutes are no reason to tell anybody.') },
      summary: 'Invalid objects of Istio are applied again and again.',
      description: 'Within 10 minutes istiod in namespace {{ $labels.namespace }} refused {{ $value | printf "%.0f" }} times an object of {{ $labels.resource }}.{{ $labels.group }} ({{ $labels.reason }}): what it should change is not in force.',
      fault: 'the fourth refusal of an invalid object within ten minutes',
      window_share: '0',
      source: 'scrape',
      budget: 45,
    }),
    a.alert('ObskitIstioRootCertificateExpiring', {
      severity: 'critical',
      latency_class: 'slow',
      // Every replica of istiod has its own copy, and one that has not read the new one yet is as bad as all. It was
      // negative in old versions when it could not be read.
      value: 'min by (<<by>>namespace) ((%s > 0) - time()) / 86400' % q.scraped(i.root_cert_expiry.name),
      below: '<<param:days>>',
      unit: 'd',
      legend: '{{namespace}}',
      params: { days: a.param('30', 1, 3650, 'days', 'How long before its end somebody must know: rotating a root takes weeks.') },
      summary: 'The root certificate of the mesh expires soon.',
      description: 'The root certificate that istiod in namespace {{ $labels.namespace }} uses expires in {{ $value | printf "%.1f" }} days: then no two proxies trust each other any more.',
      fault: 'the root certificate has less than 30 days left',
      window_share: '0',
      source: 'scrape',
      budget: 45,
    }),
    a.alert('ObskitIstiodUnseen', {
      'for': '2m',
      latency_class: 'normal',
      // Of proxies there is no series that does not need a request; they go on without istiod for a while.
      value: q.unseen(q.scraped(i.root_cert_expiry.name)),
      above: '0',
      unit: 'short',
      legend: '{{namespace}} {{job}}',
      summary: 'Nobody tells of istiod any more.',
      description: 'Within the last hour {{ $value }} pods of {{ $labels.job }} in namespace {{ $labels.namespace }} were seen, and none is any more.',
      fault: 'the last pod of istiod is gone',
      window_share: '0',
      source: 'scrape',
      budget: 165,
    }),
  ]
